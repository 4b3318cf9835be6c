"""A mapping: how the fields of a CRM or a file become ours, and applying it with nothing dropped unsaid."""
