"""From what happened elsewhere to campaigns: polls and proposals, read from stored state by sweeps."""
