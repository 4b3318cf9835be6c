"""Suites of process tests as text, JSON or JUnit XML: ``render(suites, gaps) -> str`` in each file."""
