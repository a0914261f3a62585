"""Disaster alerts: written by one person, released by another, gone out within a second, corrected in one action."""
