"""Devices, preferences, inbox, campaigns and the channels that carry them to phones."""
