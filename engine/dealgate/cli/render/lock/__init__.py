"""How a lock is shown: one file a format."""
