"""What was frozen: for a terminal, as JSON."""
