"""An idea and its way through the city."""
