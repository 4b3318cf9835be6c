"""How the conformance of an adapter is shown: one file a format."""
