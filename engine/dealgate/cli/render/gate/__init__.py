"""A decision as text or JSON: ``render(decision, playbook, as_of) -> str`` in each file."""
