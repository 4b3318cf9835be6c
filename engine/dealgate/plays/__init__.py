"""Forward chaining over facts: from verdicts, findings, metrics and events to what to do, with the reasons for it."""

from .conclude import Concluded, Conclusion, Reason, Undecided, conclude
from .facts import Fact, Facts, Record

__all__ = ["Concluded", "Conclusion", "Fact", "Facts", "Reason", "Record", "Undecided", "conclude"]
