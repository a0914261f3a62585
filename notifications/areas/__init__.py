"""Where things are: the districts' outlines, and the districts that a shape touches."""
