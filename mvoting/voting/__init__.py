"""Polls, ballots, the public board and the tally."""
