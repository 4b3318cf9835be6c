"""Agendas: what is chosen for a review, in which order, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from tests.inspection.looking import TODAY, deal, past

from dealgate.documents.load import load_inspections
from dealgate.inspection.agenda import Agenda, Audience, agenda_of
from dealgate.inspection.agenda.make import shows
from dealgate.inspection.inspect import inspect
from dealgate.inspection.learned import Learner
from dealgate.model.commitment import Commitment
from dealgate.model.finding import Kept, Snooze
from dealgate.model.inspection import SHOWS, Item, Review

COMMIT = {"forecast_category": "commit"}


def agenda(
    item: Item,
    *records: Mapping[str, Any],
    commitments: Sequence[Commitment] = (),
    people: frozenset[str] | None = None,
    before: Sequence[Kept] | None = None,
    snoozed: str = "",
    every: str = "week",
) -> Agenda:
    """The agenda of a review with one item; ``snoozed`` is a rule that is silenced."""
    playbook, history = past(records)
    loaded = load_inspections(playbook.process, ["hygiene", "risk", "forecast"], learn=Learner(history))
    found = inspect(playbook, history, [one.inspection for one in loaded if one.inspection is not None])
    silence = Snooze("The buyer's board meets", date(2026, 12, 1), "Max")
    open_ = [
        one.replace(snoozed=silence) if one.rule == snoozed else one.replace(since=TODAY) for one in found.findings
    ]
    mine = [one for one in found.deals if people is None or one.fields.get("owner.name") in people]
    audience = Audience("" if people is None else "Somebody", tuple(mine), people or frozenset())
    review = Review("weekly", "Weekly", every, agenda=(item,))
    return agenda_of(review, playbook, history, found, open_, commitments, audience, before)


def deals(made: Agenda) -> list[str]:
    return [point.deal for point in made.sections[0].points]


def test_each_kind_of_item_has_the_file_that_fills_it() -> None:
    assert shows().keys() == SHOWS.keys()


def test_commits_are_ranked_by_amount_times_gravity_and_say_why() -> None:
    made = agenda(
        Item("Risk", show="riskiest-commits", findings=("close-date-passed", "seller-only-step")),
        deal(id="one-warning", amount="90000.00", next_step_by="seller", **COMMIT),
        deal(id="one-high", amount="50000.00", close_date="2026-11-01", **COMMIT),
        deal(id="both", amount="40000.00", close_date="2026-11-01", next_step_by="seller", **COMMIT),
        deal(id="clean", amount="900000.00", **COMMIT),
        deal(id="no-commit", amount="900000.00", close_date="2026-11-01"),
    )
    assert deals(made) == ["both", "one-high", "one-warning"]
    first = made.sections[0].points[0]
    assert first.why == "Gravity 3: The close date has passed; Only the seller acts next."
    assert first.ask == "What changed for the buyer?"
    assert first.amount is not None
    assert (first.amount.minor, first.amount.currency) == (4_000_000, "USD")


def test_a_commit_without_an_amount_comes_last_and_is_counted() -> None:
    made = agenda(
        Item("Risk", show="riskiest-commits", findings=("close-date-passed",)),
        deal(id="unpriced", amount=None, close_date="2026-11-01", **COMMIT),
        deal(id="small", amount="1.00", close_date="2026-11-01", **COMMIT),
    )
    assert deals(made) == ["small", "unpriced"]
    assert any("1 of 2 commits without an amount" in said for said in made.unknown)


def test_a_silenced_finding_makes_no_commit_risky() -> None:
    item = Item("Risk", show="riskiest-commits", findings=("close-date-passed",))
    late = deal(close_date="2026-11-01", **COMMIT)
    assert deals(agenda(item, late)) == ["D-1"]
    assert deals(agenda(item, late, snoozed="close-date-passed")) == []


def test_at_most_so_many_points_are_shown_and_all_are_counted() -> None:
    item = Item("Found", show="findings", findings=("close-date-passed",), at_most=2)
    made = agenda(item, *[deal(id=f"D-{n}", close_date="2026-11-01", amount=f"{n}.00") for n in range(1, 5)])
    assert (deals(made), made.sections[0].total) == (["D-4", "D-3"], 4)


def changed(field: str, old: str, new: str, at: str = "2026-11-18T10:00:00+00:00") -> list[dict[str, str]]:
    """A field set long ago and changed on a day."""
    first = {"field": field, "to": old, "at": "2026-09-02T10:00:00+00:00", "channel": "person"}
    return [first, {"field": field, "from": old, "to": new, "at": at, "channel": "person"}]


def test_what_changed_in_the_commit_since_last_time() -> None:
    old = "2026-09-02T10:00:00+00:00"
    steady = [{"field": "forecast_category", "to": "commit", "at": old, "channel": "person"}]
    made = agenda(
        Item("Changes", show="commit-changes"),
        deal(id="came", changes=changed("forecast_category", "best_case", "commit"), **COMMIT),
        deal(id="went", changes=changed("forecast_category", "commit", "best_case")),
        deal(id="pushed", changes=[*steady, *changed("close_date", "2026-11-30", "2026-12-15")], **COMMIT),
        deal(id="lowered", changes=[*steady, *changed("amount", "25000.00", "20000.00")], **COMMIT),
        deal(
            id="before",
            changes=[*steady, *changed("amount", "1.00", "20000.00", "2026-11-02T10:00:00+00:00")],
            **COMMIT,
        ),
        deal(id="never", changes=changed("amount", "1.00", "20000.00")),
    )
    assert {point.deal: point.why for point in made.sections[0].points} == {
        "came": "Came into commit: was best case before.",
        "went": "Left the commit: now best case.",
        "pushed": "Close date pushed from 30 Nov 2026 to 15 Dec 2026.",
        "lowered": "Amount changed from 25,000 USD to 20,000 USD.",
    }
    assert all(point.ask for point in made.sections[0].points)


def test_a_deal_whose_category_then_nobody_knows_is_counted_and_not_called_a_change() -> None:
    late = [{"field": "forecast_category", "from": "commit", "to": "best_case", "at": "2026-11-20T10:00:00+00:00"}]
    unknown = deal(id="unknown", changes=[], **COMMIT)
    made = agenda(Item("Changes", show="commit-changes"), unknown, deal(id="told", changes=late))
    assert "unknown" not in deals(made)


def test_the_next_quarter_is_put_the_largest_first_and_what_has_no_date_is_counted() -> None:
    made = agenda(
        Item("Next", show="next-pipeline", question="What do they do by when?"),
        deal(id="small", close_date="2027-01-01", amount="1.00"),
        deal(id="large", close_date="2027-03-31", amount="9.00"),
        deal(id="now", close_date="2026-12-31"),
        deal(id="later", close_date="2027-04-01"),
        deal(id="undated", close_date=None),
    )
    assert deals(made) == ["large", "small"]
    assert "Next: 1 open deals have no close date." in made.unknown


def agreed(ident: str, due: date, state: str = "open", ended: date | None = None, who: str = "Rita Lind") -> Commitment:
    return Commitment(ident, who, f"Do {ident}", due, date(2026, 11, 2), "Max", state=state, ended=ended)


def test_what_was_agreed_is_told_the_overdue_first_and_what_ended_before_last_time_no_more() -> None:
    made = agenda(
        Item("Agreed", show="commitments"),
        deal(),
        commitments=[
            agreed("open", date(2026, 11, 30)),
            agreed("done", date(2026, 11, 20), "done", date(2026, 11, 19)),
            agreed("long done", date(2026, 11, 5), "done", date(2026, 11, 4)),
            agreed("overdue", date(2026, 11, 10)),
            agreed("missed", date(2026, 11, 18), "missed", date(2026, 11, 19)),
            agreed("another's", date(2026, 11, 10), who="Tom Two"),
        ],
        people=frozenset({"Rita Lind"}),
    )
    assert [point.why for point in made.sections[0].points] == [
        "Overdue since 10 Nov 2026: Do overdue.",
        "Missed on 19 Nov 2026: Do missed.",
        "Open until 30 Nov 2026: Do open.",
        "Done on 19 Nov 2026: Do done.",
    ]


def test_an_override_says_until_when_it_holds_or_that_it_ran_out() -> None:
    one = {"criterion": "proposal.budget", "approver": "Max", "requester": "Rita", "reason": "Trade fair"}
    made = agenda(
        Item("Exceptions", show="overrides"),
        deal(id="over", overrides=[one | {"approved_on": "2026-11-01", "expires": "2026-11-08"}]),
        deal(id="holds", overrides=[one | {"approved_on": "2026-11-20", "expires": "2026-11-30"}]),
        deal(id="unsynced", overrides=None),
    )
    assert deals(made) == ["over", "holds"]
    assert "ran out" in made.sections[0].points[0].why
    assert "until 30 Nov 2026" in made.sections[0].points[1].why
    assert any("1 of 3 open deals" in said for said in made.unknown)


def test_the_waterfall_of_an_agenda_adds_up_over_its_own_deals() -> None:
    made = agenda(
        Item("Waterfall", show="waterfall"),
        deal(id="old"),
        deal(
            id="new",
            created_at="2026-11-19T09:00:00+00:00",
            visits=[{"stage": "discover", "entered": "2026-11-19T09:00:00+00:00"}],
            stage="discover",
        ),
        deal(id="others", owner__name="Tom Two"),
        people=frozenset({"Rita Lind"}),
    )
    sums = {point.name: point.amount.minor for point in made.sections[0].points if point.amount is not None}
    end = sums.pop("Open at the end")
    assert sum(sums.values()) == end == 4_000_000


def test_findings_are_new_or_gone_only_by_what_was_kept() -> None:
    item = Item("Found", show="findings")
    late = deal(close_date="2026-11-01")
    assert agenda(item, late).new is None
    early = datetime(2026, 11, 2, 9, tzinfo=UTC)
    kept = [
        Kept(("pushed", "deal", "D-1"), "risk", "warn", early, datetime(2026, 11, 18, 9, tzinfo=UTC)),
        Kept(("ageing", "deal", "D-1"), "risk", "warn", early, datetime(2026, 11, 3, 9, tzinfo=UTC)),
    ]
    made = agenda(item, late, before=kept)
    assert made.gone == 1
    assert made.new is not None
    assert made.new >= 1
    fresh = [replace_since(one) for one in kept]
    assert agenda(item, late, before=fresh).new is None


def replace_since(one: Kept) -> Kept:
    return one.replace(since=datetime(2026, 11, 20, 9, tzinfo=UTC))


def test_only_the_deals_and_findings_of_the_audience_are_told() -> None:
    item = Item("Found", show="findings")
    late = [deal(close_date="2026-11-01"), deal(id="D-2", close_date="2026-11-01", owner__name="Tom Two")]
    assert set(deals(agenda(item, *late, people=frozenset({"Tom Two"})))) == {"D-2"}


def test_an_item_that_asks_for_a_rule_nobody_has_says_so() -> None:
    made = agenda(Item("Found", show="findings", findings=("no-such-rule",)), deal())
    assert "Found: no rule in use is called no-such-rule." in made.unknown


def test_the_last_review_lies_one_period_back() -> None:
    item = Item("Talk")
    days = {every: agenda(item, deal(), every=every).since for every in ("day", "week", "month", "quarter")}
    assert days == {
        "day": date(2026, 11, 22), "week": date(2026, 11, 16), "month": date(2026, 10, 23), "quarter": date(2026, 8, 23)
    }  # fmt: skip
