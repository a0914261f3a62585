"""Duty phones: what wakes the people who must look at a draft of an alert."""
