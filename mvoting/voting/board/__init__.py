"""The board: a public log of every ballot, in which anyone can check and recount."""
