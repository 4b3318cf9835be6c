"""Overrides in the store: kept for good, known as of any moment, linked to the audit chain, and free of names."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.model import Pull, asked, day, decided, ingest, process, seen
from tests.store.test_people import everywhere

from dealgate.model.diagnostics import WrongUsage
from dealgate.model.override import OverrideRequest, Step
from dealgate.store import ERASED, Store

CALENDAR = process().calendar


def fill(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", "x", "open"), seen("d2", "x", "open"))))


def approved(store: Store, **more: Any) -> OverrideRequest:
    with store.overriding() as overrides:
        return overrides.decide(overrides.ask(asked("d1", 2, **more)), decided("approved", 3))


def test_what_is_kept_comes_back_as_it_was(store: Store) -> None:
    fill(store)
    made = approved(store, until=day(10).date())
    with store.overriding() as overrides:
        other = overrides.ask(asked("d2", 4, owner=""))
        other = overrides.decide(other, decided("denied", 5))
    assert store.overrides() == [made, other]
    assert made.id != other.id
    assert store.stats()["overrides"] == 2


def test_the_id_is_no_number_that_can_be_counted_up(store: Store) -> None:
    fill(store)
    with store.overriding() as overrides:
        idents = {overrides.ask(asked("d1", 2)).id for _ in range(20)}
    assert len(idents) == 20
    assert all(len(ident) == 8 for ident in idents)
    assert len({ident[:3] for ident in idents}) > 10


def test_a_deal_that_is_not_there_has_no_override(store: Store) -> None:
    fill(store)
    with store.overriding() as overrides:
        assert overrides.place("deal", "d1") == "crm"
        assert overrides.place("lead", "d1") is None
        with pytest.raises(ValueError, match="of the store"):
            overrides.ask(asked("d9", 2))
    assert store.overrides() == []


def test_of_deals_with_one_id_the_source_has_to_be_named(store: Store) -> None:
    fill(store)
    ingest(store, Pull(1, 1, (seen("d1", "x", "open"),), source="other"))
    with store.overriding() as overrides:
        with pytest.raises(WrongUsage, match="DG946"):
            overrides.place("deal", "d1")
        assert overrides.place("deal", "d1", "other") == "other"


@pytest.mark.parametrize("what", ["asked", "decided"])
def test_nothing_is_known_before_it_was_decided(store: Store, what: str) -> None:
    fill(store)
    with store.overriding() as overrides, pytest.raises(ValueError, match="before it was decided"):
        made = overrides.ask(asked("d1", 2, recorded_at=day(1 if what == "asked" else 2)))
        overrides.decide(made, decided("approved", 5, recorded_at=day(4)))


def test_a_decision_is_not_dated_before_what_it_decides(store: Store) -> None:
    fill(store)
    with store.overriding() as overrides:
        made = overrides.ask(asked("d1", 4))
        with pytest.raises(ValueError, match="follows"):
            overrides.decide(made, decided("approved", 3, recorded_at=day(5)))


def test_what_fails_in_the_middle_leaves_nothing(store: Store) -> None:
    fill(store)
    links = store.stats()["audit"]
    with pytest.raises(ZeroDivisionError), store.overriding() as overrides:
        overrides.ask(asked("d1", 2))
        raise ZeroDivisionError
    assert (store.overrides(), store.stats()["audit"]) == ([], links)


# ---------------------------------------------------------------- as of any moment


def test_a_decision_that_was_entered_later_is_known_from_then_on(store: Store) -> None:
    fill(store)
    with store.overriding() as overrides:
        overrides.decide(overrides.ask(asked("d1", 2)), decided("approved", 3, recorded_at=day(6)))
    (made,) = store.overrides()

    def state(as_of: int, known_at: int | None = None) -> str | None:
        seen = made.known(day(as_of), None if known_at is None else day(known_at))
        return None if seen is None else seen.state(day(as_of).date(), CALENDAR)

    assert (state(1), state(2), state(3)) == (None, "requested", "approved")
    assert (state(4, known_at=5), state(4, known_at=6)) == ("requested", "approved")
    assert (state(17), state(18)) == ("approved", "expired")
    assert made.state(day(17).date(), CALENDAR, process().overrides.expires) == "approved"
    assert made.replace(steps=(made.steps[0].replace(expires=None),)).state(day(99).date(), CALENDAR) == "approved"


Tries = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["approved", "denied", "revoked"]),
        st.integers(0, 4),
        st.integers(0, 3),
        st.integers(0, 6),
    ),
    max_size=12,
)
"""Which request, what, days after the last try, days until it is entered, days that an approval holds."""


@given(tries=Tries)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_at_every_moment_is_that_of_a_simple_model(sqlite_maker: Any, tries: Any) -> None:
    from dealgate.store import open_store

    with open_store(sqlite_maker()) as store:
        fill(store)
        with store.overriding() as overrides:
            made = [overrides.ask(asked("d1", n)) for n in range(3)]
        log: list[tuple[int, str, int, int, int]] = []
        now = 2
        for which, what, later, slow, lasts in tries:
            now += later
            of_it = [entry for entry in log if entry[0] == which]
            last = of_it[-1][1] if of_it else "requested"
            allowed = last == "requested" or (last == "approved" and what == "revoked")
            in_order = not of_it or now + slow >= of_it[-1][3]
            step = decided(what, now, recorded_at=day(now + slow))
            step = step.replace(expires=day(now + lasts).date()) if what == "approved" else step
            with store.overriding() as overrides:
                if allowed and in_order:
                    overrides.decide(made[which], step)
                    log.append((which, what, now, now + slow, now + lasts))
                else:
                    with pytest.raises(ValueError, match=r"decided|follows"):
                        overrides.decide(made[which], step)
        held = store.overrides()
        assert store.verify_audit() is None
        assert store.stats()["audit"] == 1 + len(made) + len(log)
    for moment in range(-1, now + 8):
        for known_at in (None, *range(moment - 2, moment + 3)):
            for which, one in enumerate(held):
                seen = one.known(day(moment), None if known_at is None else day(known_at))
                state = None if seen is None else seen.state(day(moment).date(), CALENDAR)
                assert state == simple(which, log, moment, known_at), (which, moment, known_at)


def simple(which: int, log: list[tuple[int, str, int, int, int]], moment: int, known_at: int | None) -> str | None:
    """Request number ``which`` was made on the day of its number; looked up in the log of all decisions."""
    if which > moment or (known_at is not None and which > known_at):
        return None
    state = "requested"
    for one, what, at, recorded, last in log:
        if one == which and at <= moment and (known_at is None or recorded <= known_at):
            state = "expired" if what == "approved" and moment > last else what
    return state


# ---------------------------------------------------------------- the audit


def test_every_step_is_a_link_of_the_chain_and_names_nobody(raw: sa.Engine, store: Store) -> None:
    fill(store)
    made = approved(store)
    with store.overriding() as overrides:
        overrides.decide(made, decided("revoked", 4))
    with raw.connect() as connection:
        rows = connection.exec_driver_sql("SELECT actor, action, payload FROM audit ORDER BY id").all()[1:]
    assert [row.action for row in rows] == ["override requested", "override approved", "override revoked"]
    assert all(row.actor.startswith("person:") for row in rows)
    assert json.loads(rows[0].payload)["override"]["ident"] == made.id
    for word in ("Rita Lind", "Max Berg", "The board asks.", "It is met by now."):
        assert word not in everywhere(raw, but="person")
        assert word in everywhere(raw, but="audit")
    assert store.verify_audit() is None


FORGED = (
    "INSERT INTO override_event (id, override, what, by, expires, why, at, recorded_at)"
    " SELECT 9, id, 'approved', requester, '2099-01-01', NULL, at, recorded_at FROM override"
)


def test_a_decision_that_was_written_past_the_chain_is_found(raw: sa.Engine, store: Store) -> None:
    fill(store)
    with store.overriding() as overrides:
        overrides.ask(asked("d1", 2))
    with raw.begin() as connection:
        connection.exec_driver_sql(FORGED)
    broken = store.verify_audit()
    assert broken is not None
    assert broken.seq == 3
    assert "override_event" in broken.why


@pytest.mark.parametrize(
    ("statement", "why"),
    [("UPDATE override_event SET expires = '2099-01-01'", "another"), ("DELETE FROM override_event", "gone")],
)
def test_a_decision_that_was_changed_or_taken_out_is_found(
    raw: sa.Engine, store: Store, statement: str, why: str
) -> None:
    fill(store)
    approved(store)
    with raw.begin() as connection:
        if raw.dialect.name == "sqlite":
            for word in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER override_event_no_{word}")
        else:
            connection.exec_driver_sql("ALTER TABLE override_event DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)
    broken = store.verify_audit()
    assert broken is not None
    assert broken.seq == 3
    assert why in broken.why


# ---------------------------------------------------------------- people


def test_an_erased_person_is_gone_from_overrides_and_the_chain_holds(raw: sa.Engine, store: Store) -> None:
    fill(store)
    made = approved(store, text="rita lind promised it to the buyer.")
    with store.overriding() as overrides:
        overrides.decide(made, decided("revoked", 4, why="Linda and Rita Lindqvist see it otherwise."))
    assert store.erase("Rita Lind", at=day(5)) == 2
    (held,) = store.overrides()
    assert (held.requester, held.owner, held.text) == (ERASED, ERASED, ERASED)
    assert [step.by for step in held.steps] == ["Max Berg", "Max Berg"]
    assert held.steps[1].why == "Linda and Rita Lindqvist see it otherwise."
    assert "promised" not in everywhere(raw, but="audit")
    assert store.verify_audit() is None


def test_an_override_holds_though_all_who_took_part_were_erased(store: Store) -> None:
    fill(store)
    approved(store)
    store.erase("Rita Lind", "Max Berg", at=day(5))
    (held,) = store.overrides()
    override = held.override(CALENDAR)
    assert override is not None
    assert override.valid(day(6).date())


# ---------------------------------------------------------------- as rules see it


def test_a_day_begins_in_the_zone_of_the_process() -> None:
    from zoneinfo import ZoneInfo

    late = datetime.fromisoformat("2026-11-20T22:30:00+00:00")
    made = asked("d1", 0).replace(at=late, recorded_at=late)
    made = made.replace(steps=(Step("approved", "Max Berg", late, late, date(2026, 12, 1)),))
    here = CALENDAR.replace(zone=ZoneInfo("Europe/Helsinki"))
    for calendar, first in ((CALENDAR, date(2026, 11, 20)), (here, date(2026, 11, 21))):
        override = made.override(calendar)
        assert override is not None
        assert override.approved_on == first
    longest = process().overrides.expires
    assert made.last_day(here, longest) == date(2026, 12, 1)
    assert made.replace(steps=(made.steps[0].replace(expires=None),)).last_day(here, longest) == (
        date(2026, 11, 21) + timedelta(days=14)
    )
