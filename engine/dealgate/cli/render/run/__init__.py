"""How a sync is shown: one file a format."""
