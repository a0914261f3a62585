"""The citizens' web app: static files that use the API like any phone does."""
