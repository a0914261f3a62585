"""Citizens and staff: who somebody is, how they sign in, what they may do."""
