"""What follows from facts: every play that fires of every record, with the chain of reasons behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, cast

from ..documents.digest import digest
from ..model.calendar import Calendar
from ..model.play import ABOVE, OF_ITS_OWN, SCOPES, Need, Play, Plays
from ..model.values import local_date
from .chain import Chain, Token, using
from .drawn import Bucket, Concluded, Conclusion, Conclusions, Reason, Undecided
from .facts import KEYS, Fact, Facts, order
from .frames import Columns, Placed, Rows
from .needs import Truth, fits_figures, fits_shape, holds, window
from .steps import Step
from .texts import say


class Asked(NamedTuple):
    """What a step asks for. ``needs`` by their number in the scope: the need, how the chainer is told that it holds,
    and whether its kind was looked at. ``sure`` and ``unknown`` hold of a record of which no need finds a fact.
    """

    needs: dict[int, tuple[Need, Token, bool]]
    places: dict[Need, int]
    sure: frozenset[Token]
    unknown: frozenset[Token]


SHOWN = 5
"""How many records an undecided play names."""

Shaped = Mapping[tuple[str | None, ...], Sequence[Placed]]
"""Facts with whom they are about, by shape: what no need asks for is passed over many at once."""

Found = tuple[Sequence[Fact], Sequence[Fact]]
"""The facts that surely are what a need asks for, and those that may be."""


def conclude(
    plays: Plays | Sequence[Plays], facts: Facts, as_of: date | datetime, calendar: Calendar | None = None
) -> Concluded:
    """Every conclusion of some documents of plays from the facts of one moment.

    In order of priority, then as written, then by record; the order of the facts has no part in it. Each document is
    chained by itself. Raises DealgateError where the forward chainer fails.
    """
    calendar = calendar or Calendar()
    today = local_date(as_of, calendar.zone)
    documents = [plays] if isinstance(plays, Plays) else list(plays)
    now = [(fact, facts.keys(fact)) for fact in facts.items if fact.on is None or fact.on <= today]
    given = _shaped(now)
    columns = {kind: Columns(kind, frame, facts.records, today) for kind, frame in facts.frames.items()}
    known = [{key for _, keys in now if (key := keys[n]) is not None} for n, _ in enumerate(SCOPES)]
    for scope, key in facts.records:
        known[SCOPES.index(scope)].add(key)
    for one in columns.values():
        for scope, keys in zip(SCOPES, known, strict=True):
            keys |= one.known(scope)
    found: list[Bucket] = []
    undecided: list[Undecided] = []
    unplaced: Counter[str] = Counter()
    records: set[tuple[str, str]] = set()
    inferences = 0
    for document in documents:
        with using(digest(document), document.plays) as chain:
            before = chain.inferences
            run = _Run(chain, facts, given, known, today, calendar, columns)
            run.all(document)
            inferences += chain.inferences - before
        drawn: dict[str, list[Conclusion]] = {}
        for conclusion in sorted(run.conclusions, key=lambda one: one.record):
            drawn.setdefault(conclusion.play.id, []).append(conclusion)
        for play in document.plays:
            more = [key for keys in run.left.get(play.id, ()) for key in keys]
            if more or play.id in drawn:
                found.append(Bucket(play, drawn.get(play.id, []), sorted(more), run.again))
        undecided += run.undecided(document)
        unplaced |= run.unplaced
        records |= run.records
    found.sort(key=lambda bucket: -bucket.play.priority)
    later = len(facts.items) - len(now) + sum(one.later for one in columns.values())
    drawn_all = Conclusions(found) if columns else tuple(one for bucket in found for one in bucket.here)
    return Concluded(drawn_all, tuple(undecided), later, dict(unplaced), len(records), inferences)


class _Run:
    """One document over the facts of one moment."""

    def __init__(
        self,
        chain: Chain,
        facts: Facts,
        given: Shaped,
        known: Sequence[set[str]],
        today: date,
        calendar: Calendar,
        columns: Mapping[str, Columns],
    ) -> None:
        self.columns = columns
        self.left: dict[str, list[list[str]]] = {}
        """By play, the records of which it fired and nobody has read why."""
        self._plays: tuple[str, tuple[Play, ...]] = ("", ())
        self.chain, self.facts, self.today, self.calendar = chain, facts, today, calendar
        self.conclusions: list[Conclusion] = []
        self.unplaced: Counter[str] = Counter()
        self.records: set[tuple[str, str]] = set()
        self._given, self._known = given, [set(keys) for keys in known]
        self._drawn: list[Placed] = []
        self._open: list[Placed] = []
        """Conclusions as facts: the sure ones, and those that may be."""
        self._behind: dict[tuple[str, str, str], list[Conclusion]] = {}
        """By scope, record and pattern, the conclusions themselves."""
        self._maybe: dict[str, list[str]] = {}

    def all(self, document: Plays) -> None:
        """Every scope, the narrow ones first."""
        self._plays = digest(document), document.plays
        for scope in SCOPES:
            steps = [(n, step) for n, step in enumerate(self.chain.plan.steps) if step.scope == scope]
            if not steps:
                continue
            keys = self._known[SCOPES.index(scope)]
            self.records |= {(scope, key) for key in keys}
            needs = self.chain.plan.needs[scope]
            about = self._sorted(
                scope, needs, ((self._given, True), (_shaped(self._drawn), True), (_shaped(self._open), False))
            )
            asked = [self._asked(scope, step.plays) for _, step in steps]
            # of records that no need finds anything of, one speaks for all
            if scope == SCOPES[0] and self.columns:
                self._grouped(scope, steps, asked, about, keys)
                continue
            for number, need in enumerate(needs):
                if need.fact in self.columns:
                    since = window(need, self.today, self.calendar)
                    for key, found in self.columns[need.fact].counted(scope, need, since).items():
                        about.setdefault(key, {})[number] = found
            for kind, one in self.columns.items():
                self.unplaced[scope] += one.unplaced(scope, [need for need in needs if need.fact == kind])
            silent = next((key for key in sorted(keys) if key not in about), None)
            speaks = silent is not None and self._fires_on_nothing(steps, asked)
            self._each(scope, steps, asked, about, sorted(keys if speaks else about))

    def _each(
        self,
        scope: str,
        steps: Sequence[tuple[int, Step]],
        asked: Sequence[Asked],
        about: Mapping[str, dict[int, Found]],
        keys: Iterable[str],
    ) -> None:
        for key in keys:
            found = about.get(key) or {}
            for (number, step), needs in zip(steps, asked, strict=True):
                found = self._chained(number, step.plays, scope, key, found, needs)

    def _grouped(
        self,
        scope: str,
        steps: Sequence[tuple[int, Step]],
        asked: Sequence[Asked],
        about: dict[str, dict[int, Found]],
        keys: set[str],
    ) -> None:
        """Every record whose facts are in frames: those of one signature are like the first of them.

        Records with facts of their own beside the frames, and those of which a wider play asks for a conclusion, are
        looked at one by one.
        """
        from .groups import signed

        every = self.chain.plan.needs
        since = {need: window(need, self.today, self.calendar) for need in every[scope] if need.fact in self.columns}
        for kind, held in self.columns.items():
            self.unplaced[scope] += held.unplaced(scope, [need for need in since if need.fact == kind])
        groups = signed(self.columns, scope, since, keys, about.keys())
        alike = [(group[0], group[1:]) for group in groups]
        self._look(scope, steps, asked, about, [*about, *(first for first, _ in alike)], since)
        wanted = {p for wide in SCOPES[1:] for need in every[wide] for p in need.patterns}
        fired: dict[str, list[Conclusion]] = {}
        for one in self.conclusions:
            fired.setdefault(one.record, []).append(one)
        may: dict[str, list[Play]] = {}
        by_id = {play.id: play for _, step in steps for play in step.plays}
        for name, open_ones in self._maybe.items():
            for key in open_ones:
                may.setdefault(key, []).append(by_id[name])
        again: list[str] = []
        for first, rest in alike:
            sure, maybe = fired.get(first, []), may.get(first, [])
            patterns = {one.pattern for one in sure} | {play.conclude for play in maybe}
            if patterns & wanted:
                again += rest
                continue
            if patterns - {None}:
                self._tell(scope, rest)
            for one in sure:
                self.left.setdefault(one.play.id, []).append(rest)
            for play in maybe:
                self._maybe[play.id] += rest
        self._look(scope, steps, asked, {}, again, since)
        for open_ones in self._maybe.values():
            open_ones.sort()

    def _tell(self, scope: str, keys: Iterable[str]) -> None:
        """Makes those known whom the records with a conclusion belong to."""
        held = {record[1:] for key in keys if (record := self.facts.records.get((scope, key))) is not None}
        for owners in held:
            for known, wider in zip(self._known, self.facts.widened((None, *owners)), strict=True):
                if wider is not None:
                    known.add(wider)

    def _look(
        self,
        scope: str,
        steps: Sequence[tuple[int, Step]],
        asked: Sequence[Asked],
        about: Mapping[str, dict[int, Found]],
        keys: Sequence[str],
        since: Mapping[Need, date | None],
    ) -> None:
        """Some records one by one, with their rows of the frames as facts."""
        given: list[Placed] = []
        for kind, one in self.columns.items():
            mine = {need: day for need, day in since.items() if need.fact == kind}
            given += one.about(scope, keys, mine) if mine and keys else ()
        found = self._sorted(scope, self.chain.plan.needs[scope], ((_shaped(given), True),))
        for key, held in about.items():
            found[key] = held | found.get(key, {})
        self._each(scope, steps, asked, found, sorted(keys))

    def again(self, keys: Sequence[str]) -> list[Conclusion]:
        """The conclusions of some records that were grouped, put together now."""
        scope = SCOPES[0]
        with using(*self._plays) as chain:
            run = _Run(chain, self.facts, {}, [set() for _ in SCOPES], self.today, self.calendar, self.columns)
            steps = [(n, step) for n, step in enumerate(chain.plan.steps) if step.scope == scope]
            asked = [run._asked(scope, step.plays) for _, step in steps]
            needs = [need for need in chain.plan.needs[scope] if need.fact in self.columns]
            run._look(scope, steps, asked, {}, keys, {need: window(need, self.today, self.calendar) for need in needs})
        return run.conclusions

    def _asked(self, scope: str, plays: Sequence[Play]) -> Asked:
        """What a step asks for, each need once."""
        numbers = {need: n for n, need in enumerate(self.chain.plan.needs[scope])}
        places = {need: numbers[need] for play in plays for need in play.when}
        needs: dict[int, tuple[Need, Token, bool]] = {}
        sure: set[Token] = set()
        unknown: set[Token] = set()
        for need, n in places.items():
            looked = need.fact == "conclusion" or need.fact in self.facts.looked_at
            token = self.chain.token(scope, need)
            needs[n] = (need, token, looked)
            truth = holds(need, (), (), looked_at=looked)
            if truth is not False:
                (unknown if truth is None else sure).add(token)
        return Asked(needs, places, frozenset(sure), frozenset(unknown))

    def _fires_on_nothing(self, steps: Sequence[tuple[int, Step]], asked: Sequence[Asked]) -> bool:
        """Whether a play may fire of a record of which there is not a single fact that any of them asks for."""
        return any(self.chain.fires(n, one.sure | one.unknown) for (n, _), one in zip(steps, asked, strict=True))

    def undecided(self, document: Plays) -> list[Undecided]:
        """The plays that some records left open, as written."""
        held = ((play, self._maybe.get(play.id)) for play in document.plays)
        return [Undecided(play, len(keys), tuple(keys[:SHOWN])) for play, keys in held if keys]

    def _sorted(
        self, scope: str, needs: Sequence[Need], every: Iterable[tuple[Shaped, bool]]
    ) -> dict[str, dict[int, Found]]:
        """By record of a scope and number of a need, the facts it finds among some by shape, each sure or not."""
        since = [window(need, self.today, self.calendar) for need in needs]
        with_figures = [bool(need.value or need.change or need.within) for need in needs]
        place = SCOPES.index(scope)
        about: dict[str, dict[int, tuple[list[Fact], list[Fact]]]] = {}
        for shape, placed, sure in ((shape, placed, sure) for held, sure in every for shape, placed in held.items()):
            fits = [(n, fits_shape(need, shape)) for n, need in enumerate(needs) if need.fact == shape[0]]
            asked = [(n, fit if sure else None) for n, fit in fits if fit is not False]
            for fact, keys in placed if asked else ():
                key = keys[place]
                if key is None:
                    narrow = next((one for one in SCOPES if fact[KEYS[one]] is not None), None)
                    above = ABOVE[narrow] if narrow is not None and fact.kind not in OF_ITS_OWN else ()
                    self.unplaced[scope] += narrow is None or scope in above
                    continue
                for number, fit in asked:
                    truth: Truth = fit
                    if with_figures[number]:
                        figures = fits_figures(needs[number], fact, since[number])
                        truth = False if figures is False else (truth if figures else None)
                    if truth is not False:
                        held = about.setdefault(key, {}).setdefault(number, ([], []))
                        held[0 if truth else 1].append(fact)
        return cast("dict[str, dict[int, Found]]", about)

    def _chained(
        self, number: int, plays: Sequence[Play], scope: str, key: str, found: dict[int, Found], asked: Asked
    ) -> dict[int, Found]:
        """One record through one step; what the next step finds, with the conclusions of this one."""
        sure, unknown = set(asked.sure), set(asked.unknown)
        for n, (certain, possible) in found.items():
            if n not in asked.needs:
                continue
            need, token, looked = asked.needs[n]
            truth = holds(need, certain, possible, looked_at=looked)
            sure.discard(token)
            unknown.discard(token)
            if truth is not False:
                (unknown if truth is None else sure).add(token)
        fired = self.chain.fires(number, frozenset(sure))
        # within a step more facts only make more plays fire: what fires with all that may be so, may hold
        may = self.chain.fires(number, frozenset(sure | unknown)) if unknown - sure else fired
        if not may:
            return found
        for play in plays:
            if play.id in fired:
                self._fired(play, scope, key, found, asked.places)
            elif play.id in may:
                self._maybe.setdefault(play.id, []).append(key)
        return self._with(plays, fired, may, scope, key, found)

    def _with(
        self,
        plays: Sequence[Play],
        fired: frozenset[str],
        may: frozenset[str],
        scope: str,
        key: str,
        found: dict[int, Found],
    ) -> dict[int, Found]:
        """The facts of a record with the conclusions of a step; wider scopes see those too."""
        certain = {play.conclude for play in plays if play.conclude and play.id in fired}
        possible = {play.conclude for play in plays if play.conclude and play.id in may} - certain
        after = dict(found)
        for pattern in sorted(certain | possible):
            keys = self.facts.above(scope, key)
            deal, account, owner, team = keys
            fact = Fact("conclusion", pattern=pattern, deal=deal, account=account, owner=owner, team=team)
            (self._drawn if pattern in certain else self._open).append((fact, keys))
            for known, wider in zip(self._known, keys, strict=True):
                if wider is not None:
                    known.add(wider)
            for n, need in enumerate(self.chain.plan.needs[scope]):
                if pattern in need.patterns:
                    held = after.get(n, ([], []))
                    more = ([*held[0], fact], held[1]) if pattern in certain else (held[0], [*held[1], fact])
                    after[n] = more
        return after

    def _fired(self, play: Play, scope: str, key: str, found: dict[int, Found], needs: dict[Need, int]) -> None:
        reasons = tuple(self._reason(need, scope, key, found.get(needs[need], ([], []))[0]) for need in play.when)
        said = None
        if play.recommend is not None:
            seen = [(reason.needed, reason.facts) for reason in reasons]
            said = say(play, key, self.facts, seen, self.today, self.calendar)
        one = Conclusion(play, scope, key, play.conclude, said, reasons)
        self.conclusions.append(one)
        if play.conclude:
            self._behind.setdefault((scope, key, play.conclude), []).append(one)

    def _reason(self, need: Need, scope: str, key: str, found: Sequence[Fact]) -> Reason:
        if need.absent:
            return Reason(need)
        if need.fact != "conclusion":
            return Reason(need, _each_once(found))
        behind: list[Conclusion] = []
        for fact in _each_once(found):
            narrow = next(one for one in SCOPES if fact[KEYS[one]] is not None)
            behind += self._behind[narrow, str(fact[KEYS[narrow]]), str(fact.pattern)]
        for pattern in need.patterns:
            # concluded in this very step
            behind += self._behind.get((scope, key, pattern), ())
        return Reason(need, (), tuple({one.id: one for one in behind}.values()))


def _shaped(placed: Iterable[Placed]) -> Shaped:
    found: dict[tuple[str | None, ...], list[Placed]] = {}
    for one in placed:
        found.setdefault(one[0].shape, []).append(one)
    return found


def _each_once(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Facts in their steady order, each once."""
    if isinstance(facts, Rows):
        return facts
    return tuple(facts) if len(facts) < 2 else tuple(sorted(dict.fromkeys(facts), key=order))
