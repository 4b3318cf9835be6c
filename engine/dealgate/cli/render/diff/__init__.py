"""How differences between documents are shown: one file a format."""
