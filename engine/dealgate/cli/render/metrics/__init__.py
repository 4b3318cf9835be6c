"""Metrics in every format: ``render(view, out)`` in each file."""
