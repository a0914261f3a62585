"""Sealed ballots and the trustees who alone can open them. Pure."""
