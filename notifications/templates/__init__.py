"""Texts of pushes: in Korean and English, in versions, with named fields; changed by two people."""
