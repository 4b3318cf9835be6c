"""The measures of one deal that rules read beside its fields: each a function, None where it is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ..compile.facts import deal_value
from ..decide.judge import Judge
from ..decide.waivers import last_day, overrides_of
from ..model.calendar import Moment
from ..model.deal import Deal
from ..model.inspection import Review
from ..model.values import Duration, local_date, parse_date
from ..model.verdict import Status, Verdict
from .leaks import Leak
from .passing import Passed

LEAST = 3
"""Pieces of evidence below which a share of them says nothing."""
SHORTEST = 20
"""Characters from which a text is one that nobody writes twice by chance."""
HOUR, LOOKED_BACK = timedelta(hours=1), 30
"""Before a review; days that reviews are looked back at."""


@dataclass(slots=True)
class Ground:
    """What measures rest on, of all deals. ``begun``: since when each is known; ``texts``: by owner, field and folded
    text on how many deals it stands; ``leaks`` and what stages let pass by deal (None: nobody looked)."""

    judge: Judge
    moment: Moment
    begun: Mapping[str, datetime] = field(default_factory=dict)
    reviews: Sequence[Review] = ()
    texts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    leaks: Mapping[str, list[Leak]] | None = None
    passed: Mapping[str, list[Passed]] | None = None
    free: Sequence[str] = field(init=False)
    """The fields of free text."""
    starts: Sequence[datetime] = field(init=False)
    """When the reviews of the last days began."""

    def __post_init__(self) -> None:
        """What is the same for every deal is worked out once."""
        self.free = free_texts(self.judge)
        self.starts = [start for review in self.reviews for start in self._starts(review)]

    def _starts(self, review: Review) -> list[datetime]:
        if review.held is None:
            return []
        weekday, hour = review.held
        days = (self.moment.today - timedelta(days=n) for n in range(LOOKED_BACK))
        zone = self.moment.calendar.zone
        return [datetime.combine(day, hour, zone) for day in days if day.weekday() == weekday]


def texts_of(deals: Sequence[Deal], free: Sequence[str]) -> Counter[tuple[str, str, str]]:
    """How often each owner wrote each text into each field."""
    return Counter(
        (str(deal.fields.get("owner.name", "")), name, folded(deal.fields[name]))
        for deal in deals
        for name in free
        if isinstance(deal.fields.get(name), str) and len(deal.fields[name].strip()) >= SHORTEST
    )


def folded(text: str) -> str:
    """A text without what does not make it another one: case, and how many spaces."""
    return " ".join(text.casefold().split())


def free_texts(judge: Judge) -> tuple[str, ...]:
    """The fields of free text that a person fills for one deal: not its name, not what the account has."""
    own = ("name", "source", "product", "terms", "proposal_version", "next_step", "topic", "competitor")
    known = judge.process.catalogue.deal.values()
    return tuple(f.id for f in known if f.type == "text" and f.id not in own and "." not in f.id)


class Measures:
    """The measures of one deal, each worked out when it is first asked for."""

    def __init__(self, deal: Deal, ground: Ground) -> None:
        self.deal, self.ground = deal, ground
        self._known: dict[str, Any] = {}
        self._verdicts: list[Verdict] | None = None

    def get(self, name: str) -> Any:
        """A measure's value; None where it is not known."""
        if name not in self._known:
            self._known[name] = MEASURES[name](self)
        return self._known[name]

    def details(self, name: str) -> str:
        """What a measure counted, in words; empty where there is no more to tell than the number."""
        tell = _DETAILS.get(name)
        return "" if tell is None else tell(self)

    @property
    def verdicts(self) -> list[Verdict]:
        """Every criterion on the deal, overrides applied."""
        if self._verdicts is None:
            self._verdicts = self.ground.judge.evaluate(self.deal, self.ground.moment.as_of)
        return self._verdicts

    def criteria(self, name: str) -> list[Verdict]:
        """The verdicts of a set of criteria that apply to the deal."""
        if name == "commit":
            return [v for v in self.verdicts if v.criterion.part == "commit"]
        judge = self.ground.judge
        stage = judge.process.stage(self.deal.stage)
        return [] if stage is None else [self.verdicts[n] for n in judge.stage_criteria(stage)]

    # ------------------------------------------------ days

    def day(self, moment: datetime | date) -> date:
        """The local day of a moment."""
        return local_date(moment, self.ground.moment.calendar.zone)

    @property
    def today(self) -> date:
        """The day it is looked at."""
        return self.ground.moment.today

    @property
    def began(self) -> date | None:
        """The day the deal began."""
        created = self.deal.fields.get("created_at") or self.ground.begun.get(self.deal.id)
        return None if created is None else self.day(created)

    def age(self) -> timedelta | None:
        """From its beginning to today, or to its close."""
        closed = self.deal.fields.get("closed_on") if self.deal.status != "open" else self.today
        return None if self.began is None or closed is None else max(min(closed, self.today) - self.began, timedelta())

    def days_to_close(self) -> timedelta | None:
        """From today to the close date."""
        day = self.deal.fields.get("close_date")
        return None if day is None else day - self.today

    def first_close_date(self) -> date | None:
        """The close date that it was given at first."""
        told = self.changes("close_date")
        if told is None:
            return None
        first = next((c.get("from") or c.get("to") for c in told), None)
        return parse_date(str(first)) if first is not None else self.deal.fields.get("close_date")

    # ------------------------------------------------ stages

    def stage_category(self) -> str | None:
        """What the process says of the stage."""
        stage = self.ground.judge.process.stage(self.deal.stage)
        return None if stage is None else stage.category

    def stage_probability(self) -> Any:
        """What the process says of the stage."""
        stage = self.ground.judge.process.stage(self.deal.stage)
        return None if stage is None else stage.probability

    @property
    def ranks(self) -> dict[str, int]:
        """The place of each open stage."""
        return {stage.id: n for n, stage in enumerate(self.ground.judge.process.open_stages)}

    def skipped_stages(self) -> int | None:
        """Stages between the first and the present one that it never stood in, without an override of theirs."""
        visits = self.visits()
        rank = self.ranks.get(self.deal.stage or "")
        if visits is None or rank is None:
            return None
        seen = {self.ranks[v["stage"]] for v in visits if v.get("stage") in self.ranks}
        covered = self.deal.fields.get("history_covers")
        if not seen or self._begins_late() or (covered is not None and "stage" not in covered):
            return None
        excused = {o.criterion.partition(".")[0] for o in overrides_of(self.deal) if o.valid(o.approved_on)}
        names = [stage.id for stage in self.ground.judge.process.open_stages]
        return sum(n not in seen and names[n] not in excused for n in range(min(seen), rank))

    def _begins_late(self) -> bool:
        """Whether the history begins after the deal did."""
        since = self.deal.fields.get("history_since")
        return since is not None and (self.began is None or since > self.began)

    def visits(self) -> list[Mapping[str, Any]] | None:
        """The stays whose beginning is known, oldest first; None where none were read."""
        visits = self.deal.children.get("visits")
        return None if visits is None else sorted(
            (v for v in visits if v.get("entered") is not None), key=lambda v: v["entered"]
        )  # fmt: skip

    # ------------------------------------------------ changes

    def changes(self, name: str) -> list[Mapping[str, Any]] | None:
        """The dated changes of a field, oldest first; None where its history is not known."""
        changes, covered = self.deal.children.get("changes"), self.deal.fields.get("history_covers")
        if changes is None or (covered is not None and name not in covered):
            return None
        mine = [c for c in changes if c.get("field") == name and c.get("at") is not None]
        return sorted(mine, key=lambda c: c["at"])

    def _reopened(self) -> list[tuple[date, timedelta]]:
        """Each time that it was lost and came back: the day, and how long it was lost."""
        lost: datetime | None = None
        found: list[tuple[date, timedelta]] = []
        for change in self.changes("status") or ():
            if change.get("to") == "lost":
                lost = change["at"]
            elif change.get("to") == "open" and lost is not None:
                found.append((self.day(change["at"]), self.day(change["at"]) - self.day(lost)))
                lost = None
            else:
                lost = None
        return found

    def reopenings(self) -> int | None:
        """How often it came back; None where the history of its status is not known, or begins after the deal."""
        if self.changes("status") is None:
            return None
        return len(self._reopened()) or (None if self._begins_late() else 0)

    def reopened_on(self) -> date | None:
        """The day that it last came back."""
        found = self._reopened()
        return found[-1][0] if found else None

    def lost_for(self) -> timedelta | None:
        """How long it was lost before that."""
        found = self._reopened()
        return found[-1][1] if found else None

    def created_to_commit(self) -> timedelta | None:
        """From its beginning to the first day in commit."""
        told = self.changes("forecast_category")
        days = [self.day(c["at"]) for c in told or () if c.get("to") == "commit"]
        process = self.ground.judge.process
        if not days and not told:
            stages = {stage.id for stage in process.open_stages if stage.category == "commit"}
            days = [self.day(v["entered"]) for v in self.visits() or () if v.get("stage") in stages]
        if not days and deal_value(self.deal, "forecast_category", self.ground.moment, process) == "commit":
            return (
                None if self.began is None or self.today - self.began >= timedelta(days=7) else self.today - self.began
            )
        return None if not days or self.began is None else max(min(days) - self.began, timedelta())

    # ------------------------------------------------ people, evidence and overrides

    def engaged_contacts(self) -> int | None:
        """Contacts who take part."""
        found = self.deal.children.get("contacts")
        return None if found is None else sum(c.get("engaged") is True or c.get("two_way") is True for c in found)

    def own_words(self) -> Decimal | None:
        """The share of the evidence that no buyer gave and nothing supports."""
        found = self.deal.children.get("evidence")
        if found is None or len(found) < LEAST:
            return None
        levels = [item.get("level") for item in found]
        if any(level is None for level in levels):
            return None
        own = sum(int(item["level"]) <= 1 and item.get("from_buyer") is not True for item in found)
        return Decimal(own) / Decimal(len(found))

    def stale_evidence(self) -> int | None:
        """Elements and types of evidence that had some, and have none that is valid."""
        return None if self.deal.children.get("evidence") is None else len(self._stale())

    def _stale(self) -> list[str]:
        until: dict[str, list[date | None]] = {}
        for item in self.deal.children.get("evidence", ()):
            name = item.get("element") or item.get("type")
            if name:
                until.setdefault(name, []).append(self._until(item, name))
        return [name for name, days in until.items() if self._over(days)]

    def _over(self, days: list[date | None]) -> bool:
        return all(day is not None and day < self.today for day in days)

    def _until(self, item: Mapping[str, Any], name: str) -> date | None:
        days = [item["expires"]] if item.get("expires") is not None else []
        age, dated = self._max_age(name), item.get("dated")
        if age is not None and dated is not None:
            days.append(self.ground.moment.calendar.shift(dated, age))
        return min(days, default=None)

    def _max_age(self, name: str) -> Duration | None:
        process = self.ground.judge.process
        framework, _, element = name.partition(".")
        if framework in process.frameworks:
            found = process.frameworks[framework].element(element)
            return None if found is None else found.max_age
        kind = process.evidence_types.get(name)
        return None if kind is None else kind.max_age

    def expired_overrides(self) -> int | None:
        """Overrides that ran out while what they waived is unmet."""
        if self.deal.children.get("overrides") is None:
            return None
        process, moment = self.ground.judge.process, self.ground.moment
        ended: list[str] = []
        for override in overrides_of(self.deal):
            last = last_day(override, process, moment)
            if last is not None and last < moment.today and override.revoked_on is None:
                ended.append(override.criterion)
        if not ended:
            return 0
        stands = {v.criterion.id: v.status for v in self.verdicts}
        over = {criterion: stands.get(criterion) for criterion in ended}
        unmet = sum(status is Status.UNMET for status in over.values())
        return None if not unmet and Status.UNKNOWN in over.values() else unmet

    # ------------------------------------------------ gaming

    def placeholders(self) -> int:
        """Fields whose text only held a place."""
        return len(self._held_places())

    def _held_places(self) -> list[str]:
        return [name for name, value in self.deal.unfit.items() if value.placeholder and "[" not in name]

    def copied_texts(self) -> int:
        """Texts that stand on another deal of the owner, word for word."""
        return len(self._copied())

    def _copied(self) -> list[str]:
        if not self.deal.fields.get("owner.name"):
            return []
        mine = texts_of([self.deal], self.ground.free)
        return [name for owner, name, text in mine if self.ground.texts.get((owner, name, text), 0) > 1]

    def filled_before_review(self) -> int | None:
        """The most fields that a person filled within one hour before a review."""
        changes = self.deal.children.get("changes")
        starts = self.ground.starts
        if changes is None or not starts:
            return None
        filled = [
            (c["at"], c.get("field"))
            for c in changes
            if c.get("at") is not None and not c.get("from") and c.get("to") and c.get("channel") in (None, "person")
        ]
        began = self.deal.fields.get("created_at")
        late = [(at, name) for at, name in filled if began is None or at - began > HOUR]
        return max(len({name for at, name in late if start - HOUR <= at < start}) for start in starts)

    def leaks(self) -> int | None:
        """Moves of the last days past a gate that would hold them still."""
        found = self.ground.leaks
        return None if found is None or not self.visits() else len(found.get(self.deal.id, ()))


MEASURES: Mapping[str, Callable[[Measures], Any]] = {
    name: getattr(Measures, name)
    for name in (
        "age", "days_to_close", "first_close_date", "own_words", "engaged_contacts",
        "stage_category", "stage_probability", "reopenings", "skipped_stages", "reopened_on",
        "lost_for", "created_to_commit", "stale_evidence", "placeholders", "copied_texts", "filled_before_review",
        "expired_overrides", "leaks",
    )
}  # fmt: skip
"""By their ids in ``model/inspection``; a test holds both together."""


def _titles(measures: Measures, names: Sequence[str]) -> str:
    known = measures.ground.judge.process.catalogue.deal
    return ", ".join(known[name].title if name in known else name for name in names)


def _moves(measures: Measures) -> str:
    found = (measures.ground.leaks or {}).get(measures.deal.id, ())
    told = []
    for leak in found:
        what = "; ".join([*(v.criterion.title for v in leak.verdicts[:2]), *(rule.text for rule in leak.rules)])
        move = leak.move
        told.append(f"{move.origin} to {move.to} on {measures.day(move.at)} by {move.channel or 'unknown'} ({what})")
    return ", ".join(told)


_DETAILS: Mapping[str, Callable[[Measures], str]] = {
    "leaks": _moves,
    "placeholders": lambda m: _titles(m, m._held_places()),
    "copied_texts": lambda m: _titles(m, m._copied()),
    "stale_evidence": lambda m: ", ".join(m._stale()),
}
