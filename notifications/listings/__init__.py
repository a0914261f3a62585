"""Listings: sources and rules whose alerts go out by themselves. Two people list, one takes off the list."""
