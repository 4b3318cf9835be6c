"""The embedded schedule: when jobs are due, what became of them, and who is told."""
