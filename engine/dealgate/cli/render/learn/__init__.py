"""The reading path as text or JSON: ``render(learn, chosen) -> str`` in each file; ``chosen`` None: the list of it."""
