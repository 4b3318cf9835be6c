"""Changes of a field as values: net changes a day, counted as ``facts.count_changes`` counts them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...model import condition as c
from ...model.calendar import PERIODS
from ...model.fields import Field
from ...model.operators import OPERATORS
from . import make
from .make import FALSE, NULL, TRUE
from .nodes import Absolute, Aggregate, Column, DayOf, Grouped, Table, Value

if TYPE_CHECKING:
    from .fields import Fields

OWNER = ("owner.id", "owner.name", "owner")
"""Fields whose change is a change of owner."""
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """``known``: there is history that covers the field; ``count``; ``whole``: the count is no mere lower bound."""

    known: Value
    count: Value
    whole: Value


def changes(f: Fields, spec: c.Changed, since: Value | None) -> Counted | None:
    """How often a field changed as ``spec`` says; None where no deal has history of it."""
    name, field = spec.ref.name, spec.ref.field
    synced = f.synced("changes")
    if synced == FALSE:
        return None
    covers = f.column("history_covers", "multi_choice")
    covered = make.disj([make.is_null(covers), make.has("any", covers, [name])]) if covers != NULL else TRUE
    first = since
    if spec.within_last is not None:
        start = f.first_since(spec.within_last)
        first = start if first is None else make.case([(make.compare(">", first, start), first)], start)
    if first is not None:
        first = f.share("since", first)
    is_open = make.compare("==", f.status(), make.constant("open"))
    closed = make.case([(make.negate(is_open), f.column("closed_on", "date"))], NULL)
    sure = make.disj([is_open, make.negate(make.is_null(closed))])
    at, where_from = Column("at", "datetime"), Column("field", "text")
    mine = make.is_(make.compare("==", where_from, make.constant(name)), True)
    undated = Aggregate("count", Table("changes"), make.conj([mine, make.is_null(at)]))
    start_known = f.column("history_since", "date")
    complete = make.is_null(start_known)
    if first is not None:
        complete = make.disj([complete, make.is_(make.compare("<=", start_known, first), True)])
    complete = make.conj([complete, make.compare("==", undated, make.constant(0))])
    rows, moved = _days(f, spec, field, mine)
    day = Column("key", "date")
    considered = []
    if first is not None:
        considered.append(make.compare(">=", day, make.outer(first)))
    if closed != NULL:
        considered.append(make.negate(make.is_(make.compare(">", day, make.outer(closed)), True)))
    if "owner_change" in spec.ignore:
        considered.append(make.negate(Column("owner_changed", "boolean")))
    if f.nullable(moved, "?") and moved != NULL:
        doubtful = Aggregate("count", rows, make.conj([*considered, make.is_(moved, None)]))
    else:
        doubtful = None
    count = NULL if moved in (NULL, FALSE) else Aggregate("count", rows, make.conj([*considered, moved]))
    if moved == NULL:
        doubtful = Aggregate("count", rows, make.conj(considered))
        count = make.constant(0)
    if moved == FALSE:
        count = make.constant(0)
    whole = make.conj([complete, make.disj([sure, make.compare("==", count, make.constant(0))])])
    if doubtful is not None:
        whole = make.conj([whole, make.compare("==", doubtful, make.constant(0))])
    counted = make.case([(sure, count)], make.constant(0))
    return Counted(make.conj([synced, covered]), counted, whole)


def _days(f: Fields, spec: c.Changed, field: Field, mine: Value) -> tuple[Grouped, Value]:
    """The days on which the field changed, and whether what a day comes to is such a change."""
    name = spec.ref.name
    at, channel = Column("at", "datetime"), Column("channel", "choice")
    named = Column("field", "text")
    ignored = sorted(set(spec.ignore))
    passes = make.negate(make.is_(make.among(channel, ignored), True)) if f.has("channel", "changes") else TRUE
    picked = make.conj([mine, passes if ignored else TRUE])
    flags: tuple[tuple[str, Value], ...] = ()
    wanted = picked
    if "owner_change" in spec.ignore:
        owner = make.is_(make.among(named, OWNER), True)
        flags, wanted = (("owner_changed", owner),), make.disj([picked, owner])
    sides: dict[str, list[tuple[str, str, Value]]] = {"from": [], "to": []}
    for side, held in sides.items():
        for column, kind in [(f"{name}.{side}", field.type), (f"{name}.{side}.currency", "choice")]:
            if f.has(column, "changes"):
                held.append((column, kind, Column(column, kind)))
    in_time = make.compare("<=", at, f.now())
    rows = Grouped(
        "changes",
        make.conj([wanted, in_time]),
        DayOf(at),
        "date",
        at,
        picked,
        (*sides["from"], ("picked", "boolean", TRUE)),
        tuple(sides["to"]),
        flags,
    )
    held_names = {n for part in (rows.firsts, rows.lasts) for n, _, _ in part}
    own = make.is_(Column("picked", "boolean"), True)

    def value(side: str) -> tuple[Value, Value, Value]:
        column, code = f"{name}.{side}", f"{name}.{side}.currency"
        raw = Column(column, field.type) if column in held_names else NULL
        currency = Column(code, "choice") if code in held_names else NULL
        return raw, currency, f.formed(raw, field, currency, day=True, rank=field.ordered)

    moved = _moved(f, spec, field, value("from"), value("to"))
    return rows, make.conj([own, moved]) if flags else moved


def _moved(f: Fields, spec: c.Changed, field: Field, before: Any, after: Any) -> Value:
    """Whether a day's net change is such a one; null where amounts do not compare for want of a rate."""
    (raw_old, code_old, old), (raw_new, code_new, new) = before, after
    if raw_old == NULL:
        return FALSE
    same = [make.compare("==", raw_old, raw_new)]
    if code_old != NULL or code_new != NULL:
        own = make.constant(f.process.currency)
        same.append(make.compare("==", make.coalesce(code_old, own), make.coalesce(code_new, own)))
    if field.type == "multi_choice":
        same = []
    gone = make.is_null(raw_new)
    any_way = spec.direction == "any" and spec.across is None and not spec.by
    branches = [
        (make.disj([make.is_null(raw_old), make.is_(make.conj(same), True) if same else FALSE]), FALSE),
        (make.disj([make.is_null(old), make.conj([make.is_null(new), make.negate(gone)])]), NULL),
        (make.is_(make.compare("==", old, new), True), FALSE),
        (gone, make.constant(any_way)),
    ]
    wanted: list[Value] = []
    if spec.direction != "any":
        wanted.append(make.compare(">" if spec.direction in ("later", "up") else "<", new, old))
    if spec.across is not None:
        first, last = (make.period_index(d, spec.across, f.process.calendar.fiscal_month, PERIODS) for d in (old, new))
        wanted.append(make.compare("!=", first, last))
    wanted += [_by(field, key.key, threshold, relative, old, new) for key, threshold, relative in spec.by]
    return make.case(branches, make.conj(wanted))


def _by(field: Field, key: str, threshold: Any, relative: bool, old: Value, new: Value) -> Value:
    """How far it moved, against a threshold: a share of what was before, or a difference."""
    from .conditions import SIGNS

    dates = field.type in ("date", "datetime")
    a, b = (make.day_number(v) if dates else v for v in (old, new))
    moved: Value = Absolute(make.subtract(b, a))
    if not relative:
        moved = make.scaled(moved, _DAY) if dates else moved
        return _apply(key, moved, make.constant(threshold), SIGNS)
    share = make.scaled(Absolute(a), Fraction(threshold))
    rising = make.constant(OPERATORS[key].over == "rising")
    return make.case([(make.compare("==", a, make.constant(0)), rising)], _apply(key, moved, share, SIGNS))


def _apply(key: str, left: Value, right: Value, signs: Any) -> Value:
    return make.compare(signs[key], left, right)
