"""How the list of adapters is shown: one file a format."""
