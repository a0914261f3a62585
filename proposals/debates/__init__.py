"""Topics that are debated for a period, and the opinions in them."""
