"""A stand-in for FCM with simulated phones, for development, tests and benchmarks."""
