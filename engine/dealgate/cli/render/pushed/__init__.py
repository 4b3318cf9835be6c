"""The figures of deals that were judged elsewhere: one file a format, found by its name, as for ``check``."""
