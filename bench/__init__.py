"""What decisions cost, against hand-made Python and other rule engines, in one run. ``python -m bench``."""
