"""Habits show in the aggregate, and in nobody's single deal: each rep breaks and keeps every rule."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import date
from statistics import mean
from typing import Any

import pytest

from dealgate.simulate import Company, simulate
from dealgate.simulate.parameters import HABIT_OF, HABITS, NOISE, bounded

Deal = dict[str, Any]
AS_OF = date(2026, 11, 23)
ORDER = ["prospecting", "qualification", "needs-assessment", "proposal", "close", "post-sale"]
EMPTY = {"tbd", "n/a", "?", "tba", "-", "xxx"}


@pytest.fixture(scope="module")
def crowd() -> Company:
    """Enough deals for each rep."""
    return simulate(as_of=AS_OF, deals=5000, leads=0, years=3, leaking=False)


def path(deal: Deal) -> list[int]:
    return [ORDER.index(visit["stage"]) for visit in deal["visits"]]


def quarter(text: str) -> int:
    return int(text[:4]) * 4 + (int(text[5:7]) - 1) // 3


def close_dates(deal: Deal) -> list[str]:
    return [change["to"] for change in deal.get("changes", []) if change["field"] == "close_date"]


def pushes(deal: Deal) -> int:
    dates = close_dates(deal)
    return sum(quarter(after) > quarter(before) for before, after in itertools.pairwise(dates))


def proven(deal: Deal, name: str) -> bool:
    return any(
        name in (piece.get("element"), piece.get("type")) and piece["level"] >= 2 and piece["from_buyer"]
        for piece in deal["evidence"]
    )


def last_days(text: str) -> bool:
    return text[5:] in {"03-29", "03-30", "03-31", "06-28", "06-29", "06-30", "09-28", "09-29", "09-30"} | {
        "12-29",
        "12-30",
        "12-31",
    }


# name: (which deals the rule is about, which of them break it)
RULES: dict[str, tuple[Callable[[Deal], bool], Callable[[Deal], bool]]] = {
    "two contacts from needs assessment on": (
        lambda d: "contacts" in d and max(path(d)) >= 2,
        lambda d: len(d["contacts"]) < 2,
    ),
    "no stage skipped": (
        lambda d: len(path(d)) > 1,
        lambda d: any(b - a > 1 and b < 5 for a, b in zip(path(d), path(d)[1:], strict=False)),
    ),
    "no move back": (
        lambda d: len(path(d)) > 2,
        lambda d: any(b < a for a, b in zip(path(d), path(d)[1:], strict=False)),
    ),
    "no push into a later quarter": (lambda d: len(close_dates(d)) > 1, lambda d: pushes(d) > 0),
    "no close date in a quarter's last days": (
        lambda d: bool(close_dates(d)),
        lambda d: last_days(close_dates(d)[0]),
    ),
    "a stated pain from needs assessment on": (lambda d: max(path(d)) >= 2, lambda d: "pain_statement" not in d),
    "no placeholders": (
        lambda d: "pain_statement" in d,
        lambda d: any(isinstance(value, str) and value.casefold() in EMPTY for value in d.values()),
    ),
    "a next step": (lambda d: d["status"] in ("open", "lost"), lambda d: "next_step" not in d),
    "an amount from needs assessment on": (lambda d: max(path(d)) >= 2, lambda d: not d.get("amount")),
    "the need in the buyer's words": (
        lambda d: "evidence" in d and max(path(d)) >= 2,
        lambda d: not proven(d, "bant.need"),
    ),
    "a confirmed recap before the proposal": (
        lambda d: "evidence" in d and max(path(d)) >= 3,
        lambda d: not proven(d, "confirmed-recap"),
    ),
    "chosen in writing before the close": (
        lambda d: "evidence" in d and max(path(d)) >= 4,
        lambda d: not proven(d, "written-selection"),
    ),
}

ENOUGH = {"chosen in writing before the close": 40}  # few deals come so far, and many of them break it


@pytest.mark.parametrize("rule", RULES)
def test_every_rep_breaks_the_rule_and_keeps_it(crowd: Company, rule: str) -> None:
    concerns, breaks = RULES[rule]
    by_rep: dict[str, list[bool]] = {}
    for deal in crowd.deals:
        if concerns(deal):
            by_rep.setdefault(crowd.truth[deal["id"]]["rep"], []).append(breaks(deal))
    judged = {rep: broken for rep, broken in by_rep.items() if len(broken) >= ENOUGH.get(rule, 120)}
    assert len(judged) >= 6
    assert all(any(broken) for broken in judged.values())
    assert not any(all(broken) for broken in judged.values())


def of(crowd: Company, *habits: str) -> list[Deal]:
    return [deal for deal in crowd.deals if crowd.truth[deal["id"]]["habit"] in habits]


def share(values: Iterable[bool]) -> float:
    held = list(values)
    return sum(held) / len(held)


def test_happy_ears_lose_late(crowd: Company) -> None:
    def late(deals: list[Deal]) -> float:
        return share(max(path(deal)) >= 3 for deal in deals if deal["status"] == "lost")

    assert late(of(crowd, "happy-ears")) > late(of(crowd, "disciplined")) + 0.05


def test_happy_ears_write_down_their_own_opinion(crowd: Company) -> None:
    def claimed(deals: list[Deal]) -> float:
        pieces = [e for deal in deals for e in deal.get("evidence", []) if e.get("element", "").startswith("bant")]
        return share(piece["level"] == 1 for piece in pieces)

    assert claimed(of(crowd, "happy-ears")) > claimed(of(crowd, "disciplined")) + 0.15


def test_sandbaggers_win_more_of_what_they_call_low(crowd: Company) -> None:
    def called(deals: list[Deal]) -> float:
        order = ["omitted", "pipeline", "best_case", "commit", "closed"]
        held = [deal for deal in deals if deal["status"] == "open" and "forecast_category" in deal]
        usual = {"prospecting": 0, "qualification": 1, "needs-assessment": 1, "proposal": 2, "close": 3}
        return mean(order.index(deal["forecast_category"]) - usual[deal["stage"]] for deal in held)

    def closing(deals: list[Deal]) -> float:
        return share(deal["status"] == "won" for deal in deals if 4 in path(deal) and deal["status"] != "open")

    assert called(of(crowd, "sandbagger")) < called(of(crowd, "disciplined", "happy-ears")) - 0.15
    assert closing(of(crowd, "sandbagger")) > closing(of(crowd, "happy-ears"))


def test_date_pushers_push(crowd: Company) -> None:
    pusher = mean(pushes(deal) for deal in of(crowd, "date-pusher", "careful-date-pusher"))
    assert pusher > 1.1 * mean(pushes(deal) for deal in of(crowd, "disciplined", "sandbagger"))


def test_single_threaders_know_few_people(crowd: Company) -> None:
    def people(deals: list[Deal]) -> float:
        return mean(len(deal["contacts"]) for deal in deals if "contacts" in deal)

    assert people(of(crowd, "single-threader")) < 0.6 * people(of(crowd, "disciplined"))


def test_no_habit_is_told_by_one_look(crowd: Company) -> None:
    """Each habit's win rate stays near the team's: a habit shifts chances and decides nothing."""
    for habit in HABITS:
        deals = [deal for deal in of(crowd, habit.id) if deal["status"] in ("won", "lost")]
        if len(deals) > 250:
            assert 0.12 < share(deal["status"] == "won" for deal in deals) < 0.42, habit.id


def test_no_chance_leaves_the_noise() -> None:
    assert (bounded(-1), bounded(2), bounded(0.5)) == (*NOISE, 0.5)


def test_a_blend_lies_between_its_parents() -> None:
    mixed = HABIT_OF["hopeful-single-threader"]
    assert mixed.thread == (HABIT_OF["happy-ears"].thread + HABIT_OF["single-threader"].thread) / 2
