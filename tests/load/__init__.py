"""Measurements, run by `make bench`; each group is a module `bench_<group>`."""
