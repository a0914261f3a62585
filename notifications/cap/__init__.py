"""The Common Alerting Protocol 1.2 (OASIS CAP-v1.2-os, 1 July 2010): messages read strictly, and written."""
