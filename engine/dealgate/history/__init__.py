"""What was, and when: events of deals, and everything as of a moment, as far as it was known by another."""

from .past import History, history_of
from .told import events_of, records_of

__all__ = ["History", "events_of", "history_of", "records_of"]
