"""Every message a person was sent, whether or not a push reached a phone."""
