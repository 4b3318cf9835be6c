"""A call as it was kept: for a terminal, as JSON."""
