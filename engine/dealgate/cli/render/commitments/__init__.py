"""Commitments: for a terminal, as JSON, as CSV."""
