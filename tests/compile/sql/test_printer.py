"""Every node of the algebra, printed and run: what it gives for known, missing and extreme values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from tests.compile.world import process

from dealgate.compile.plan import nodes as n
from dealgate.compile.sql.dialects import DIALECTS, SMALL
from dealgate.compile.sql.exact import CannotSay, TooLarge
from dealgate.compile.sql.layout import DEALS, Layout, Stored
from dealgate.compile.sql.load import Staged
from dealgate.compile.sql.printer import Printer
from dealgate.compile.sql.steps import Steps, aliased, named, staged

from .running import Engine

WHOLE = (3, -7, None, 10**18 - 1)
FRACTION = (Decimal("0.15"), Decimal("12.5"), None, Decimal(0))
TEXT = ("budget", "it's 50% \\ done", None, "straße")
DAY = (date(2026, 2, 28), date(1, 1, 1), None, date(9999, 12, 31))
INSTANT = (datetime(2026, 3, 1, 23, 59, 59, 999999), datetime(1969, 12, 31, 0, 0, 0, 1), None, datetime(2000, 1, 1))
TRUTH = (True, False, None, True)
SETS = ("|a|b|", "|", None, "|a\\pb|")
LOCAL = (date(2026, 3, 2), date(1969, 12, 31), None, date(2000, 1, 1))
PROCESS = process(0)
LAYOUT = Layout(
    {
        DEALS: {
            "id": Stored("text"), "w": Stored("money", 0, 18), "f": Stored("number", 3, 7), "t": Stored("text"),
            "t__folded": Stored("text"), "d": Stored("date"), "i": Stored("datetime"), "i__day": Stored("date"),
            "b": Stored("boolean"), "s": Stored("choices"), "t__placeholder": Stored("boolean"), "o": Stored("whole", 0, 2),
        }
    }
)  # fmt: skip
W, F, T, D, AT, B, S, WHOLES = (
    n.Column(c, k)
    for c, k in (
        ("w", "money"), ("f", "number"), ("t", "text"), ("d", "date"), ("i", "datetime"), ("b", "boolean"),
        ("s", "multi_choice"), ("o", "integer"),
    )
)  # fmt: skip
NULL, Y, N = n.Constant(None), n.Constant(True), n.Constant(False)


def c(value: Any) -> n.Constant:
    return n.Constant(value)


def table(engine: Engine) -> Staged:
    dialect = DIALECTS[engine.name]
    columns: dict[str, Any] = {
        "id": ["0", "1", "2", "3"], "w": WHOLE, "f": [None if v is None else int(v * 1000) for v in FRACTION],
        "t": TEXT, "t__folded": [None if v is None else v.casefold() for v in TEXT], "d": DAY, "i": INSTANT,
        "i__day": LOCAL, "b": TRUTH, "s": SETS, "t__placeholder": [False, False, True, False], "o": [1, 2, None, 3],
    }  # fmt: skip
    if not dialect.dates:
        for name in ("d", "i__day"):
            columns[name] = [None if v is None else v.isoformat() for v in columns[name]]
        columns["i"] = [None if v is None else v.isoformat(" ", "microseconds") for v in INSTANT]
        columns["b"] = [None if v is None else int(v) for v in TRUTH]
        columns["t__placeholder"] = [0, 0, 1, 0]
    return Staged({DEALS: pl.DataFrame(columns, strict=False)}, LAYOUT, dialect)


@pytest.fixture(scope="module")
def loaded(engine: Engine) -> Engine:
    engine.put(table(engine))
    return engine


def values(engine: Engine, node: n.Value) -> list[Any]:
    """What the node gives for each of the four rows."""
    from sqlglot import exp

    say = Printer(DIALECTS[engine.name])
    steps = Steps(say, LAYOUT, PROCESS, {})
    found = say(node, staged(LAYOUT, DEALS, "d", PROCESS))
    source = exp.alias_(steps.table(DEALS), "d", table=True, quoted=True)
    select = exp.Select(expressions=[aliased(named("id", "d"), "id"), aliased(found.expr, "v")]).from_(source)
    sql = select.sql(dialect=engine.name, identify=True)
    held = [value for _, value in sorted(tuple(r) for r in engine.place.fetch(sql))]
    return [_plain(v, found.kind, found.scale) for v in held]


def _plain(value: Any, kind: str, scale: int) -> Any:
    if value is None:
        return None
    if kind == "truth":
        return bool(value)
    if kind == "number":
        assert value == int(value)
        return Fraction(int(value), 10**scale)
    if kind == "day":
        return date.fromisoformat(value) if isinstance(value, str) else value
    if kind == "instant":
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    return value


X = [None] * 4
CASES: dict[str, tuple[n.Value, list[Any]]] = {
    "and": (n.And((B, n.IsNull(W), Y)), [False, False, None, False]),
    "or": (n.Or((B, n.IsNull(W))), [True, False, True, True]),
    "not": (n.Not(B), [False, True, None, False]),
    "is true": (n.Is(B, True), [True, False, False, True]),
    "is false": (n.Is(B, False), [False, True, False, False]),
    "is unknown": (n.Is(B, None), [False, False, True, False]),
    "empty": (n.Empty(S), [False, True, True, False]),
    "placeholder": (n.Placeholder("t"), [False, False, True, False]),
    "no placeholder": (n.Placeholder("w"), [False] * 4),
    "number above a constant": (n.Compare(">", W, c(-7)), [True, False, None, True]),
    "constant first": (n.Compare("<=", c(3), W), [True, False, None, True]),
    "fraction between": (n.Compare(">=", F, c(Decimal("0.1500001"))), [False, True, None, False]),
    "equal to no such fraction": (n.Compare("==", F, c(Fraction(1, 3))), [False, False, None, False]),
    "unequal to no such fraction": (n.Compare("!=", F, c(Fraction(1, 3))), [True, True, None, True]),
    "beyond all": (n.Compare("<", W, c(10**30)), [True, True, None, True]),
    "below all": (n.Compare("<", W, c(-(10**30))), [False, False, None, False]),
    "times a third": (n.Compare(">=", n.Scaled(W, Fraction(1, 2)), c(Fraction(3, 2))), [True, False, None, True]),
    "times less than nothing": (n.Compare("<", n.Scaled(W, Fraction(-1)), c(0)), [True, False, None, True]),
    "sum with constants": (n.Compare(">", n.Sum((W, c(5))), c(7)), [True, False, None, True]),
    "numbers of two scales": (n.Compare(">", WHOLES, F), [True, False, None, True]),
    "both scaled": (n.Compare("==", n.Scaled(WHOLES, Fraction(3, 10)), n.Scaled(WHOLES, Fraction(6, 20))), [True, True, None, True]),
    "scaled against scaled": (n.Compare("<", n.Scaled(W, Fraction(1, 10)), n.Scaled(WHOLES, Fraction(2, 5))), [True, True, None, False]),
    "rates against a bound": (
        n.Compare(">=", n.Case(((B, n.Scaled(W, Fraction(9, 10))), (n.IsNull(B), NULL)), W), c(2)),
        [True, False, None, True],
    ),
    "day": (n.Compare(">=", D, c(date(2026, 2, 28))), [True, False, None, True]),
    "param": (n.Compare("<", D, n.Param("today", date(2026, 3, 1))), [True, True, None, False]),
    "instant": (n.Compare("<", AT, c(datetime(2000, 1, 1, tzinfo=UTC))), [False, True, None, False]),
    "truths": (n.Compare("!=", B, n.Not(B)), [True, True, None, True]),
    "text": (n.Compare("==", T, c("it's 50% \\ done")), [False, True, None, False]),
    "among texts": (n.Among(T, ("x", "straße")), [False, False, None, True]),
    "among numbers": (n.Among(F, (Decimal("12.50"), Fraction(1, 3), 0, 10**40)), [False, True, None, True]),
    "among none that can be": (n.Among(F, (Fraction(1, 3),)), [False, False, None, False]),
    "contains": (n.Holds("contains", n.Folded(T), c("ss")), [False, False, None, True]),
    "contains what LIKE reads otherwise": (n.Holds("contains", T, c("0% \\")), [False, True, None, False]),
    "starts with": (n.Holds("starts_with", T, c("it's")), [False, True, None, False]),
    "starts with itself": (n.Holds("starts_with", T, T), [True, True, None, True]),
    "found everywhere": (n.Matches(T, "x*"), [True, True, None, True]),
    "has any": (n.Has("any", S, frozenset({"b", "z"})), [True, False, None, False]),
    "has all": (n.Has("all", S, frozenset({"a", "b"})), [True, False, None, False]),
    "has none": (n.Has("none", S, frozenset({"a"})), [False, True, None, True]),
    "has one with a bar": (n.Has("any", S, frozenset({"a|b"})), [False, False, None, True]),
    "has any of none": (n.Has("any", S, frozenset()), [False, False, None, False]),
    "choices": (n.Compare("==", S, c(frozenset({"b", "a"}))), [True, False, None, False]),
    "folded": (n.Compare("==", n.Folded(T), n.Folded(c(" STRASSE "))), [False, False, None, True]),
    "folded of a choice": (n.Folded(n.Case(((B, T),), NULL)), ["budget", None, None, "strasse"]),
    "rank": (n.Rank(T, ("straße", "budget")), [1, None, None, 0]),
    "case": (n.Case(((B, c(1)),), F), [1, Fraction(25, 2), None, 1]),
    "case of nothing": (n.Case(((B, NULL),), NULL), X),
    "coalesce": (n.Coalesce((F, c(2))), [Fraction(3, 20), Fraction(25, 2), 2, 0]),
    "sum": (n.Sum((W, F, c(Fraction(1, 4)))), [Fraction(34, 10), Fraction(23, 4), None, 10**18 - 1 + Fraction(1, 4)]),
    "product": (n.Product(F, WHOLES), [Fraction(3, 20), 25, None, 0]),
    "absolute": (n.Absolute(W), [3, 7, None, 10**18 - 1]),
    "least": (n.Least((WHOLES, F, c(2))), [Fraction(3, 20), 2, None, 0]),
    "cut": (n.IntDiv(n.Sum((WHOLES, c(20))), 7), [3, 3, None, 3]),
    "floor": (n.IntDiv(F, 1), [0, 12, None, 0]),
    "local day": (n.DayOf(AT), list(LOCAL)),
    "local day of a choice": (n.DayOf(n.Coalesce((NULL, AT))), list(LOCAL)),
    "day number": (n.DayNumber(D), [20512, -719162, None, 2932896]),
    "year": (n.Year(D), [2026, 1, None, 9999]),
    "month": (n.Month(D), [2, 1, None, 12]),
    "days on": (
        n.Case(((n.Compare("<", D, c(date(9999, 12, 30))), n.AddDays(D, 2)),), D),
        [date(2026, 3, 2), date(1, 1, 3), None, date(9999, 12, 31)],
    ),
    "days back": (n.AddDays(n.Case(((B, D),), NULL), -59), [date(2025, 12, 31), None, None, date(9999, 11, 2)]),
    "time on": (
        n.AddTime(AT, 1),
        [datetime(2026, 3, 2), datetime(1969, 12, 31, 0, 0, 0, 2), None, datetime(2000, 1, 1, 0, 0, 0, 1)],
    ),
    "time back": (
        n.AddTime(AT, -90 * 60_000_000),
        [datetime(2026, 3, 1, 22, 29, 59, 999999), datetime(1969, 12, 30, 22, 30, 0, 1), None, datetime(1999, 12, 31, 22, 30)],
    ),
    "a long time on": (
        n.AddTime(AT, 400 * 86_400_000_000 + 3),
        [datetime(2027, 4, 6, 0, 0, 0, 2), datetime(1971, 2, 4, 0, 0, 0, 4), None, datetime(2001, 2, 4, 0, 0, 0, 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_means_what_the_algebra_says(loaded: Engine, name: str) -> None:
    node, expected = CASES[name]
    try:
        found = values(loaded, node)
    except TooLarge:
        assert loaded.name == "sqlite" and name == "sum"
        return
    assert found == expected


def test_numbers_beyond_a_dialect_are_refused_before_they_run() -> None:
    say = Printer(DIALECTS["sqlite"])
    scope = staged(LAYOUT, DEALS, "d", PROCESS)
    with pytest.raises(TooLarge, match="digits"):
        say(n.Product(W, W), scope)
    with pytest.raises(TooLarge, match="digits"):
        say(n.Compare(">", n.Scaled(W, Fraction(7, 10**6)), n.Scaled(WHOLES, Fraction(9, 7))), scope)
    assert Printer(DIALECTS["duckdb"])(n.Product(W, W), scope).bound > SMALL


def test_where_the_whole_is_too_large_each_branch_is_compared() -> None:
    rated = n.Case(((B, n.Scaled(W, Fraction(9, 10))),), W)
    found = Printer(DIALECTS["sqlite"])(n.Compare(">", rated, WHOLES), staged(LAYOUT, DEALS, "d", PROCESS))
    assert found.expr.sql(dialect="sqlite").count(">") == 2


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (n.Matches(T, "^a"), "pattern"),
        (n.Folded(n.Holds("contains", T, T)), "folds"),
        (n.DayOf(n.AddTime(AT, 5)), "local day"),
        (n.Column("missing", "text"), "staging does not hold"),
        (n.Sum((F, c(Fraction(1, 3)))), "endless"),
    ],
)
def test_what_cannot_be_said_says_why(node: n.Value, why: str) -> None:
    with pytest.raises(CannotSay, match=why):
        Printer(DIALECTS["sqlite"])(node, staged(LAYOUT, DEALS, "d", PROCESS))
