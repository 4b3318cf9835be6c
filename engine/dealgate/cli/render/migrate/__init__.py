"""A preview of a migration as text or JSON: ``render(migration, every) -> str`` in each file."""
