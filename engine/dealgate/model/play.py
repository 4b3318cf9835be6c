"""Plays: what they ask of facts, what they conclude and recommend; and the kinds of facts there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from .diagnostics import NOWHERE, Where
from .struct import Struct, field
from .values import Duration

SCOPES = ("deal", "account", "owner", "team")
"""The keys that facts join on, from the narrowest to the widest: a play of one sees what was concluded before it."""

ABOVE: dict[str, tuple[str, ...]] = {
    "deal": ("deal", "account", "owner", "team"),
    "account": ("account", "owner", "team"),
    "owner": ("owner", "team"),
    "team": ("team",),
}
"""By scope, the keys that a conclusion about one of its records has: its own, and those of whom it belongs to."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "verdict": ("criterion", "stage", "status"),
    "finding": ("rule", "stage", "severity"),
    "metric": ("id", "stage", "period"),
    "event": ("event", "stage"),
    "target": ("id", "stage", "period", "status"),
    "coaching_action": ("theme", "status"),
    "conclusion": ("pattern",),
}
"""By kind of fact, what a play may ask of it."""

WITH_FIGURE = ("metric", "target", "event", "finding")
"""The kinds of facts that carry a figure and perhaps its change since the period before."""

OF_ITS_OWN = ("metric", "target")
"""Kinds of facts of which each is of its own record, and of nobody above it: an owner's share is not the team's."""

STATUSES: dict[str, tuple[str, ...]] = {
    "verdict": ("met", "unmet", "unknown", "not_applicable", "waived"),
    "coaching_action": ("open", "done", "missed"),
    "target": ("reached", "missed", "open"),
}
"""By kind of fact, the statuses it can have. A verdict's ``unknown`` is an answer: it says that proof is missing."""

EVENTS: dict[str, str] = {
    "created": "began",
    "moved": "moved forward",
    "moved_back": "moved back",
    "skipped": "skipped a stage",
    "reopened": "was reopened",
    "won": "was won",
    "lost": "was lost",
    "pushed": "its close date was moved into a later period",
    "pulled_in": "its close date was moved into an earlier period",
    "amount_changed": "its amount changed",
    "no_activity": "nothing happened for too long",
    "overridden": "passed a gate by an exception",
}
"""What can happen to a deal, and how it reads."""

SEVERITIES = ("info", "warn", "high", "block")
"""Of a finding, the mildest first."""

COUNTABLE = ("deal", "owner", "team", "account", "criterion", "rule", "event", "theme", "stage")
"""What facts may be counted by, each value once."""

DRILLS = (
    "qualify-or-walk",
    "discovery-ladder",
    "evidence-grading",
    "stage-court",
    "pipeline-review-rehearsal",
    "forecast-table",
    "override-judge",
    "process-designer",
    "manager-coach",
)
"""What a play may send somebody to practise."""

NAMES = ("id", "name")
"""What a text may say of a record: ``{owner.name}``."""
FIGURES = ("count", "value", "change")
"""What a text may say of a fact that has a name of its own (``as``): ``{pushed.count}``."""
NAMED = re.compile(r"\{([^{}]*)\}")
"""A name in a text. There is no other syntax: a text is never code."""


class Bound(Struct):
    """One comparison of a figure: ``op`` is at_least, at_most, above, below, is or is_not. Percentages are fractions,
    durations are days.
    """

    op: str
    figure: Decimal

    def takes(self, value: Decimal | int) -> bool:
        """Whether a figure passes."""
        if self.op == "at_least":
            return value >= self.figure
        if self.op == "at_most":
            return value <= self.figure
        if self.op == "above":
            return value > self.figure
        if self.op == "below":
            return value < self.figure
        return (value == self.figure) is (self.op == "is")


Bounds = tuple[Bound, ...]


class Need(Struct):
    """One thing that a play needs: a fact that is there, so many of them, or (``absent``) none.

    ``tests`` are (attribute, the values it may have). ``value``, ``change`` are what the fact's figures must be,
    ``count`` how many there must be, ``distinct`` by what each is counted once, ``within`` how recent they are.
    """

    fact: str
    absent: bool = False
    tests: tuple[tuple[str, tuple[str, ...]], ...] = ()
    value: Bounds = ()
    change: Bounds = ()
    count: Bounds = ()
    distinct: str | None = None
    within: Duration | None = None
    name: str = field(default="", compare=False)
    """By which a text speaks of it."""
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def plain(self) -> bool:
        """Whether one such fact is all it takes, whatever its figures and dates: what may chain at once."""
        return not (self.absent or self.value or self.change or self.count or self.within)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns it looks for among conclusions; empty: any (or no conclusion at all)."""
        return dict(self.tests).get("pattern", ()) if self.fact == "conclusion" else ()


class Recommendation(Struct):
    """What to do about it. Texts may hold names in braces; ``data`` are figures by name, each a path."""

    to: str
    title: str = ""
    theme: str = ""
    question: str = ""
    action: str = ""
    behaviour: str = ""
    drill: str = ""
    due: Duration | None = None
    data: tuple[tuple[str, str], ...] = ()

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each text by its key."""
        for key in ("title", "question", "action", "behaviour"):
            if text := getattr(self, key):
                yield key, text


class Play(Struct):
    """A rule over facts. ``conclude`` is the pattern it concludes of a record of its scope; None: it only recommends.

    Every need must hold. ``at`` is where it stands.
    """

    id: str
    title: str
    scope: str
    when: tuple[Need, ...]
    conclude: str | None = None
    recommend: Recommendation | None = None
    priority: int = 0
    why: str = ""
    docs: str = ""
    tags: tuple[str, ...] = ()
    document: str = ""
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def key(self) -> str:
        """Its id with its document's, as one among all plays in use."""
        return f"{self.document}.{self.id}"


class Plays(Struct):
    """One checked document of plays. ``opposites`` are groups of patterns of which a record can show but one."""

    id: str
    title: str
    version: str
    plays: tuple[Play, ...] = ()
    opposites: tuple[tuple[str, ...], ...] = ()
    description: str = ""
    at: Where = field(default=NOWHERE, compare=False)

    def play(self, name: str) -> Play | None:
        """The play by id."""
        return next((one for one in self.plays if one.id == name), None)


def filled(text: str, word: Callable[[str], str]) -> str:
    """A text with each ``{name}`` replaced by its word."""
    return NAMED.sub(lambda found: word(found[1]), text) if "{" in text else text
