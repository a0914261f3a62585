"""Phones and browsers that people registered, and the truth about each."""
