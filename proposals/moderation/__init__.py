"""Reports, decisions and appeals about what people wrote; trust, floods and hints."""
