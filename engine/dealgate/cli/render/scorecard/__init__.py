"""A scorecard in every format: ``render(scorecard, cards, past, out)`` in each file."""
