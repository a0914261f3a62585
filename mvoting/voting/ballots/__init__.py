"""Ballots: one document per person and poll, cast in one write."""
