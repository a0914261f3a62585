"""Channels that carry a message to a phone; the gateway is the port, each sub-package an implementation."""
