"""How a plan and what became of it are shown: one file a format, with ``plan`` and ``applied``."""
