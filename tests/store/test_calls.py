"""Calls and frozen forecasts in the store: kept for good, known as of any moment, linked to the audit chain, and free
of names."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.test_people import everywhere

from dealgate.model.call import LAYERS, Call, Frozen, known, standing
from dealgate.model.values import Money
from dealgate.store import ERASED, Store

AT = datetime(2026, 11, 15, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
SAID = Call(
    "", FIRST, LAST, "manager", "Max Berg", "Ann Bell has not signed", AT, AT, after=Money(41_000_000, "USD"),
    before=Money(36_500_050, "USD"), owner="Rita Lind",
)  # fmt: skip
FORECAST = Frozen(
    FIRST, LAST, "mid", "category", "USD", 36_500_050, "sha256:1", AT, AT, AT, view="commit", owner="Rita Lind",
    p10=1, p50=36_000_000, p90=2**53 + 1,
)  # fmt: skip


def called(store: Store, said: Call = SAID) -> Call:
    with store.calls(writing=True) as calls:
        return calls.call(said)


def kept(store: Store, as_of: datetime | None = None, known_at: datetime | None = None) -> tuple[Call, ...]:
    with store.calls() as calls:
        return calls.all(as_of, known_at)


def froze(store: Store, *forecasts: Frozen) -> tuple[Frozen, ...]:
    with store.calls(writing=True) as calls:
        return calls.freeze(forecasts, "Max Berg")


def frozen(store: Store, known_at: datetime | None = None) -> tuple[Frozen, ...]:
    with store.calls() as calls:
        return calls.frozen(known_at)


def later(days: float) -> datetime:
    return AT + timedelta(days=days)


# ---------------------------------------------------------------- calls


def test_what_is_called_comes_back_as_it_was(store: Store) -> None:
    first = called(store)
    of_deal = SAID.replace(deal="d1", after=None, category="best_case", category_before="commit")
    second = called(store, of_deal)
    third = called(store, SAID.replace(owner=None, team="North", before=None))
    fourth = called(store, SAID.replace(owner=None, layer="leader", after=Money(-5, "JPY")))
    assert kept(store) == (first, second, third, fourth)
    assert (first, second) == (SAID.replace(id=first.id), of_deal.replace(id=second.id))
    assert len({one.id for one in kept(store)}) == 4
    assert [one.scope for one in kept(store)] == ["owner", "deal", "team", "company"]


def test_a_later_call_stands_and_the_earlier_one_stays(store: Store) -> None:
    first = called(store)
    second = called(store, SAID.replace(at=later(2), recorded_at=later(2), after=Money(1, "USD")))
    with store.calls() as calls:
        assert calls.calls_of(later(3)) == (second,)
        assert calls.calls_of(later(1)) == (first,)
        assert calls.calls_of(later(-1)) == ()
        assert calls.all() == (first, second)


def test_what_is_entered_later_is_known_from_then_on(store: Store) -> None:
    first = called(store)
    late = called(store, SAID.replace(at=later(1), recorded_at=later(5)))
    with store.calls() as calls:
        assert calls.calls_of(later(3), later(3)) == (first,)
        assert calls.calls_of(later(3), later(5)) == (late,)


def test_the_store_and_the_view_agree_at_every_moment(store: Store) -> None:
    chance = random.Random(7)
    for _ in range(40):
        at = later(chance.randrange(6))
        owner, team = chance.choice([("Rita Lind", None), ("rita  lind", None), (None, "North"), (None, None)])
        called(
            store,
            SAID.replace(
                at=at, recorded_at=at + timedelta(days=chance.randrange(3)), layer=chance.choice(LAYERS), owner=owner,
                team=team, author=chance.choice(["Max Berg", "Lea Roth"]), after=Money(chance.randrange(99), "USD"),
            ),
        )  # fmt: skip
    everything = kept(store)
    with store.calls() as calls:
        for day in range(-1, 8):
            for known_on in range(-1, 10):
                seen = standing(known(everything, later(day), later(known_on)))
                assert calls.calls_of(later(day), later(known_on)) == seen
    assert len(everything) == 40


def test_a_moment_without_a_zone_is_refused_and_nothing_is_kept(store: Store) -> None:
    with pytest.raises(ValueError, match="zone"):
        called(store, SAID.replace(at=AT.replace(tzinfo=None)))
    assert kept(store) == ()
    assert store.verify_audit() is None


# ---------------------------------------------------------------- frozen


def test_what_is_frozen_comes_back_as_it_was(store: Store) -> None:
    refused = FORECAST.replace(
        method="historical", view="", owner=None, team="North", amount=None, p10=None, p50=None, p90=None,
        reason="no history",
    )  # fmt: skip
    assert froze(store, FORECAST, refused) == (FORECAST, refused)
    assert frozen(store) == (FORECAST, refused)


def test_what_is_frozen_stays_whatever_comes_later(store: Store) -> None:
    froze(store, FORECAST)
    other = FORECAST.replace(method="naive")
    again = FORECAST.replace(amount=7, taken_at=later(1), known_at=later(1))
    assert froze(store, again, other, other.replace(amount=8)) == (other,)
    assert frozen(store) == (FORECAST, other)


@pytest.mark.parametrize(
    "other",
    [{"moment": "day1"}, {"method": "naive"}, {"view": "best_case"}, {"owner": "Tom Two"}, {"owner": None},
     {"owner": None, "team": "North"}, {"last": date(2026, 10, 31)}],
)  # fmt: skip
def test_another_moment_method_view_scope_or_period_is_frozen_beside_it(store: Store, other: dict[str, object]) -> None:
    froze(store, FORECAST)
    assert froze(store, FORECAST.replace(**other)) == (FORECAST.replace(**other),)


def test_what_was_frozen_later_was_not_there_before(store: Store) -> None:
    froze(store, FORECAST)
    assert frozen(store, later(-1)) == ()
    assert frozen(store, AT) == (FORECAST,)


def test_who_froze_what_is_told_by_the_chain(store: Store) -> None:
    other = FORECAST.replace(method="naive")
    froze(store, FORECAST)
    with store.calls(writing=True) as calls:
        calls.freeze([FORECAST, other], "Somebody Else")
    with store.calls() as calls:
        told = calls.frozen_by_whom()
    assert told == ((FORECAST, "Max Berg"), (other, "Somebody Else"))


def test_what_is_frozen_in_hindsight_says_so() -> None:
    assert not FORECAST.hindsight
    assert FORECAST.replace(known_at=later(1), taken_at=later(1)).hindsight


# ---------------------------------------------------------------- around it


def test_each_is_a_link_of_the_chain(raw: sa.Engine, store: Store) -> None:
    called(store)
    froze(store, FORECAST, FORECAST.replace(method="naive"))
    assert store.verify_audit() is None
    with raw.connect() as connection:
        actions = connection.exec_driver_sql("SELECT action FROM audit ORDER BY id").scalars().all()
    assert actions == ["forecast called", "forecast frozen", "forecast frozen"]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE forecast_call SET amount = 1", "another"),
        ("DELETE FROM forecast_call", "gone"),
        ("UPDATE forecast_snapshot SET p50 = 1", "another"),
        ("DELETE FROM forecast_snapshot", "gone"),
    ],
)
def test_what_was_changed_or_taken_out_past_the_store_is_found(
    raw: sa.Engine, store: Store, statement: str, why: str
) -> None:
    called(store)
    froze(store, FORECAST)
    name = next(one for one in ("forecast_call", "forecast_snapshot") if one in statement)
    with raw.begin() as connection:
        if raw.dialect.name == "sqlite":
            for word in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}_no_{word}")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)
    broken = store.verify_audit()
    assert broken is not None
    assert why in broken.why
    assert name in broken.why


def test_who_is_erased_is_named_nowhere_any_more(raw: sa.Engine, store: Store) -> None:
    called(store)
    froze(store, FORECAST)
    assert "Rita Lind" in everywhere(raw, but="audit")
    store.erase("Rita Lind", "Ann Bell", at=later(5))
    (one,) = kept(store)
    assert (one.owner, one.reason, one.author) == (ERASED, ERASED, "Max Berg")
    assert frozen(store) == (FORECAST.replace(owner=ERASED),)
    for name in ("Rita Lind", "Ann Bell"):
        assert name not in everywhere(raw, but="")
    assert store.verify_audit() is None


def test_an_export_and_the_figures_of_the_store_have_them(store: Store, tmp_path: Path) -> None:
    made = called(store)
    froze(store, FORECAST)
    assert (store.stats()["calls"], store.stats()["frozen"]) == (1, 1)
    store.export(tmp_path)
    (line,) = (tmp_path / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert {name: told[name] for name in ("id", "owner", "before", "after", "at", "first", "deal")} == {
        "id": made.id, "owner": "Rita Lind", "before": "365000.50 USD", "after": "410000.00 USD",
        "at": "2026-11-15T12:00:00.000000Z", "first": "2026-10-01", "deal": None,
    }  # fmt: skip
    (line,) = (tmp_path / "frozen.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["moment"], told["amount"], told["p90"]) == ("mid", "36500050", "9007199254740993")
