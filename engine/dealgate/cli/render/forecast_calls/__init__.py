"""The calls of a period: for a terminal, as JSON, as CSV."""
