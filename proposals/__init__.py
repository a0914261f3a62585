"""Ideas that citizens raise and endorse, debates about them, and the moderation of both."""
