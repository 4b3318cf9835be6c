"""How a move to another base is shown: one file a format."""
