"""Forward chaining over facts: from verdicts, findings, metrics and events to what to do, with the reasons for it."""

from .conclude import conclude
from .drawn import Concluded, Conclusion, Reason, Undecided
from .facts import Fact, Facts, Record
from .frames import Frame

__all__ = ["Concluded", "Conclusion", "Fact", "Facts", "Frame", "Reason", "Record", "Undecided", "conclude"]
