"""A deal's past as text or JSON: ``render(steps, ident, past) -> str`` in each file."""
