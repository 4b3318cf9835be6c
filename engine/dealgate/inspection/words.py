"""What a finding rests on, in words: the values seen, and the limits they passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from ..compile.reference import Walk
from ..compile.words import choice, lower, value
from ..model import condition as c
from ..sources.table import counted
from .groups import OF_ONE_STAGE, leaking, rests_on
from .walk import DealWalk, GroupWalk

MOST = 3
"""Grounds that are told at most."""


def grounds(node: c.Condition, walk: Walk) -> Iterator[c.Condition]:
    """The tests that made a condition hold."""
    match node:
        case c.All():
            for part in node.parts:
                yield from grounds(part, walk)
        case c.AnyOf():
            for part in node.parts:
                if walk.holds(part):
                    yield from grounds(part, walk)
        case c.Not():
            inner = node.part
            for part in c.parts(inner) if isinstance(inner, (c.All, c.AnyOf)) else (inner,):
                yield part
        case c.Named():
            yield from grounds(node.body, walk)
        case _:
            yield node


def seen(node: c.Condition, walk: Walk) -> dict[str, tuple[Any, str]]:
    """What made a condition hold: by name the value (None: missing) and its words."""
    found: dict[str, tuple[Any, str]] = {}
    for ground in grounds(node, walk):
        for name, shown, words in _told(ground, walk):
            found.setdefault(name, (shown, words))
    return found


def reason(found: dict[str, tuple[Any, str]]) -> str:
    """The words of what was seen as one sentence."""
    said = [words for _, words in found.values() if words][:MOST]
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _told(node: c.Condition, walk: Walk) -> Iterator[tuple[str, Any, str]]:
    match node:
        case c.Test():
            shown = walk.value(node.ref, None)
            raw = walk.deal.unfit.get(node.ref.name)
            more = _more(node.ref.name, walk)
            words = f"{lower(node.ref.field.title)}: {value(shown if raw is None else raw, node.ref.field)}"
            yield node.ref.name, shown, f"{words}{_limit(node, walk)}{f', {more}' if more else ''}"
        case c.Changed():
            yield node.ref.name, walk.value(node.ref, None), f"{lower(node.ref.field.title)} changed"
        case c.Children() | c.Count():
            records = walk.deal.children.get(node.collection)
            title = walk.process.catalogue.collections[node.collection].title
            some = None if records is None else sum(
                node.where is None or walk.holds(node.where, record) is True for record in records
            )  # fmt: skip
            yield node.collection, some, _records(lower(title), some, records)
        case c.CriteriaCount() if isinstance(walk, DealWalk) and walk.measures is not None:
            gaps = [v.criterion for v in walk.measures.criteria(node.criteria) if v.status.value in node.statuses]
            words = f"{choice(node.statuses[0])}: {'; '.join(k.title for k in gaps[:MOST])}" if gaps else ""
            yield f"criteria.{node.criteria}", [k.id for k in gaps], words
        case c.GroupCount() if isinstance(walk, GroupWalk):
            yield "deals", walk.seen.get("deals"), f"deals: {value(walk.seen.get('deals'))}{_limit(node, walk)}"
        case c.Share() if isinstance(walk, GroupWalk):
            yield "share", walk.seen.get("share"), f"{_share(node, walk)}{_limit(node, walk)}"
        case c.Largest() if isinstance(walk, GroupWalk):
            yield "largest", walk.seen.get("largest"), f"one deal is {_percent(walk.seen.get('largest'))} of the sum"


def _share(node: c.Share, walk: GroupWalk) -> str:
    """A share in words: where deals are counted, of how many, and how many more nobody can tell of."""
    if node.of is not None or "counted" not in walk.seen:
        return f"{_percent(walk.seen.get('share'))} of them"
    some, known, unknown = walk.seen["counted"]
    share = "" if unknown else f" ({_percent(walk.seen.get('share'))})"
    more = f", not known of {unknown:,} more" if unknown else ""
    return f"{some:,} of {counted(known, 'deal')}{share}{more}"


def _records(title: str, some: int | None, records: Sequence[object] | None) -> str:
    if records is None or some is None:
        return f"{title}: not known"
    return f"no {title}" if not records else f"{some:,} of {len(records):,} {title} count{'s' if some == 1 else ''}"


def _more(name: str, walk: Walk) -> str:
    if isinstance(walk, GroupWalk) and name in OF_ONE_STAGE:
        return _stage(walk)
    if isinstance(walk, GroupWalk):
        deals, most = rests_on(walk.members, name)
        walk.deals.update(dict.fromkeys(deals))
        return f"mostly “{choice(most)}”" if most else ""
    return walk.measures.details(name) if isinstance(walk, DealWalk) and walk.measures is not None else ""


def _stage(walk: GroupWalk) -> str:
    """The stage that lets deals pass, by which channels, and what those lack."""
    found = leaking(walk.members)
    if found is None:
        return ""
    walk.seen["stage"] = found.stage
    walk.deals.update(dict.fromkeys(one.move.deal for one in found.unproven))
    title = next((stage.title for stage in walk.process.stages if stage.id == found.stage), found.stage)
    ways = ", ".join(f"{count:,} by {channel}" for channel, count in found.channels()[:MOST])
    lacking = "; ".join(text for text, _ in found.missing()[:2])
    return f"{len(found.unproven):,} of {found.moves:,} out of {title} ({ways}), mostly without: {lacking}"


def _limit(node: c.Condition, walk: Walk) -> str:
    """The limit of a test where it was learned or is a parameter."""
    for operand in _operands(node):
        if isinstance(operand, c.Literal) and operand.said:
            shown, said = operand.value, operand.said
        elif isinstance(operand, c.ByField):
            chosen = walk.value(operand.ref, None) if walk.deal.id else None
            literal = next((one for key, one in operand.values if key == chosen), operand.otherwise)
            if literal is None:
                continue
            shown, said = literal.value, literal.said or operand.said
        else:
            continue
        if isinstance(shown, timedelta):
            return f" (limit {_days(shown)}: {said})"
    return ""


def _days(length: timedelta) -> str:
    """A length in days, to a tenth."""
    tenths = round(length / timedelta(days=1) * 10)
    return f"{tenths / 10:g} day{'' if tenths == 10 else 's'}"


def _operands(node: c.Condition) -> Iterator[c.Operand]:
    for inner in c.walk(node):
        yield from c.operands(inner)


def _percent(share: Fraction | None) -> str:
    return "?" if share is None else f"{round(share * 100)}%"
