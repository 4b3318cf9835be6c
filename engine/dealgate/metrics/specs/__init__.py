"""The metrics, a family a file: each file's ``SPECS`` are found by ``metrics/registry.py``."""
