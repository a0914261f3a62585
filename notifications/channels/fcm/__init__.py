"""Firebase Cloud Messaging over HTTP v1: two senders behind one port."""
