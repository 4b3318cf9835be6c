"""Diagnostics as text, JSON, SARIF and GitHub annotations: ``render(diagnostics, sources) -> str`` in each file."""
