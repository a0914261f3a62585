"""Sensors: readings of stations, and rules that draft an alert when a limit is passed for long enough."""
