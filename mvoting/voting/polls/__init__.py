"""Polls: what is asked, of whom, when, and what may be seen of it."""
