"""Counting methods: pure functions from answer patterns to a result with exact numbers and an explanation."""
