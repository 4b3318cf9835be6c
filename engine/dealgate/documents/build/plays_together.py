"""The plays of a document, seen together: none waits for what nobody concludes, goes round, or contradicts another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from dealgate.model.diagnostics import NOWHERE, Diagnostic, Where, error, info
from dealgate.model.play import ABOVE, Bounds, Need, Play, Plays
from dealgate.model.process import Process

from ..conditions.raw import did_you_mean
from ..nodes import Map, Node, Scalar
from .loops import report_loops
from .reader import Reader


def check_together(plays: Plays, reader: Reader, wrong: list[Diagnostic]) -> None:
    """Reports what does not hold between plays; ``reader`` reads the document they are from."""
    nodes = dict(zip((play.id for play in plays.plays), reader.items("plays"), strict=True))
    concluded: dict[str, set[str]] = {}
    for play in plays.plays:
        if play.conclude:
            concluded.setdefault(play.conclude, set()).add(play.scope)
    leans: dict[str, tuple[list[str], object]] = {}
    for play in plays.plays:
        for need, item in zip(play.when, Reader(nodes[play.id], wrong).items("when"), strict=True):
            for pattern in need.patterns:
                _exists(pattern, play, concluded, item, reader)
        makers = [one.id for one in plays.plays if any(one.conclude in need.patterns for need in play.when)]
        leans[play.id] = (makers, play.at)
    report_loops("plays", leans, wrong)  # type: ignore[arg-type]  # a place, whose type its own module names
    for group, item in zip(plays.opposites, reader.items("opposites"), strict=False):
        for pattern, named in zip(group, getattr(item, "items", ()), strict=False):
            if pattern not in concluded:
                hint = did_you_mean(pattern, concluded)
                reader.report("DG821", f"No play concludes `{pattern}`.", named, hint)
    for play in plays.plays:
        for one, other in combinations(play.when, 2):
            if _exclude(one, other, plays):
                message = f"The play `{play.id}` never fires: what is asked here rules out line {one.at.line}."
                wrong.append(error("DG823", message, other.at, "take one of the two away"))
        for need in play.when:
            if _empty(need.value) or _empty(need.change) or _empty(need.count):
                message = f"The play `{play.id}` never fires: no figure passes all that is asked here."
                wrong.append(error("DG823", message, need.at, "widen one of the bounds"))
    wrong += _contradictions(plays)


def check_rules(plays: Plays, rules: Iterable[str]) -> Iterator[Diagnostic]:
    """The findings that plays ask for by a rule that no inspection in reach has."""
    known = list(rules)
    for need in (need for play in plays.plays for need in play.when if need.fact == "finding"):
        for word in dict(need.tests).get("rule", ()):
            if word not in known:
                message = f"No inspection has a rule `{word}`, so there is never such a finding."
                yield error("DG821", message, need.at, did_you_mean(word, known))


def check_in_process(
    plays: Plays, processes: Sequence[Process], *, shipped: bool, at: Where = NOWHERE
) -> Iterator[Diagnostic]:
    """What plays ask of criteria and stages that none of the processes has, which use them at ``at``.

    A document that ships is for many processes: there such a play is silent, which is told once for all of them.
    """
    known = {
        "criterion": {one.id for process in processes for one in process.criteria},
        "stage": {one.id for process in processes for one in process.stages},
    }
    names = " and ".join(f"`{process.id}`" for process in processes)
    said = f"The process {names} has" if len(processes) == 1 else f"The processes {names} have"
    silent: dict[str, str] = {}
    for play, need in [(one, need) for one in plays.plays for need in one.when]:
        for attribute, words in need.tests:
            strange = [word for word in words if word not in known.get(attribute, words)]
            if shipped and len(strange) == len(words) and not need.absent:
                silent.setdefault(play.id, strange[0])
            for word in () if shipped else strange:
                message = f"{said} no {attribute} `{word}`, so there is never such a fact."
                yield error("DG821", message, need.at, did_you_mean(word, sorted(known[attribute])))
    if silent:
        listing = ", ".join(f"`{play}` (`{word}`)" for play, word in silent.items())
        message = f"{said} nothing that {len(silent)} of {len(plays.plays)} plays of `{plays.id}` ask for: {listing}."
        yield info("DG827", message, at, "these plays stay silent; write plays of your own about your criteria")


def _exists(pattern: str, play: Play, concluded: dict[str, set[str]], item: Node, reader: Reader) -> None:
    named = item.items.get("pattern") if isinstance(item, Map) else None
    at = named if isinstance(named, Scalar) else item
    scopes = concluded.get(pattern)
    if scopes is None:
        reader.report("DG821", f"No play concludes `{pattern}`.", at, did_you_mean(pattern, concluded))
    elif not any(play.scope in ABOVE[scope] for scope in scopes):
        narrow = " and ".join(f"`{scope}`" for scope in sorted(scopes))
        message = f"`{pattern}` is concluded of {narrow} records, and a play about one {play.scope} never sees it."
        reader.report("DG821", message, at, "facts join on the play's own scope, or come from a narrower one")


def _contradictions(plays: Plays) -> Iterator[Diagnostic]:
    """Two plays that may conclude opposites of one record at one moment."""
    for one, other in combinations(plays.plays, 2):
        if one.scope != other.scope or not _opposite(one.conclude, other.conclude, plays):
            continue
        if not any(_exclude(a, b, plays) for a in one.when for b in other.when):
            message = (
                f"The plays `{one.id}` and `{other.id}` contradict each other: `{one.conclude}` and `{other.conclude}` "
                f"exclude each other, and both may be concluded of one {one.scope}."
            )
            hint = f"let one of them ask for what rules the other out, as line {one.at.line} could with `no:`"
            yield error("DG822", message, other.at, hint)


def _opposite(one: str | None, other: str | None, plays: Plays) -> bool:
    return one != other and any(one in group and other in group for group in plays.opposites)


def _exclude(one: Need, other: Need, plays: Plays) -> bool:
    """Whether two needs can never hold at once of one record."""
    if one.fact == other.fact == "conclusion" and not one.absent and not other.absent and one.plain and other.plain:
        return any(_opposite(a, b, plays) for a in one.patterns for b in other.patterns)
    if one.absent is not other.absent:
        return _ruled_out(*((one, other) if one.absent else (other, one)))
    if one.absent or one.fact != other.fact or one.tests != other.tests or one.within != other.within:
        return False
    if one.count and other.count:
        same = (one.value, one.change, one.distinct) == (other.value, other.change, other.distinct)
        return same and _empty((*one.count, *other.count))
    # a record has a metric of one id, stage and period once
    return one.fact == "metric" and not (one.count or other.count) and _empty((*one.value, *other.value))


def _ruled_out(none: Need, some: Need) -> bool:
    """Whether the absence of what ``none`` tells of leaves nothing that ``some`` could be."""
    if none.fact != some.fact or not _asks_for_one(some):
        return False
    narrow = dict(some.tests)
    if any(not set(narrow.get(key, ())) or not set(narrow[key]) <= set(words) for key, words in none.tests):
        return False
    if none.within is not None and none.within != some.within:
        return False
    return set(none.value) <= set(some.value) and set(none.change) <= set(some.change)


def _asks_for_one(need: Need) -> bool:
    """Whether it cannot hold without any such fact."""
    return not need.count or not all(bound.takes(0) for bound in need.count)


def _empty(bounds: Bounds) -> bool:
    """Whether no figure passes all bounds."""
    lows = [(b.figure, b.op == "above") for b in bounds if b.op in ("at_least", "above", "is")]
    highs = [(b.figure, b.op == "below") for b in bounds if b.op in ("at_most", "below", "is")]
    if not lows or not highs:
        return False
    low, high = max(lows), min(highs, key=lambda pair: (pair[0], not pair[1]))
    if low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])):
        return True
    return low[0] == high[0] and any(b.op == "is_not" and b.figure == low[0] for b in bounds)
