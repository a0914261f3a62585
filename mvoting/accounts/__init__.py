"""Who is who: citizens, their sessions and trust, staff and their roles, personal data."""
