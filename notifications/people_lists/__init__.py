"""Lists of people that staff upload as numbers, for campaigns to those on them."""
