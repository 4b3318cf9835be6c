"""Proposed stage probabilities, in each form they are shown in."""
