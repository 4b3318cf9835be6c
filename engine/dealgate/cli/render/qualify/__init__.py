"""Scorecards as text or JSON: ``render(cards, playbook) -> str``; ``cards`` pairs a deal with its results."""
