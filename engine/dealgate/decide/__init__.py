"""Verdicts, moves, qualification: what a process says of one deal at one moment."""
