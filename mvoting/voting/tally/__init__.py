"""From ballots to a result."""
