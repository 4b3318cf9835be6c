"""What a forecast says, in words: each sentence is written once, for a terminal, a page and a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ....forecast.called import Spoken
from ....forecast.gap import Near
from ....forecast.layers import Standing
from ....forecast.methods import Outlook
from ....forecast.proven import Category, Unproven
from ....forecast.rolled import Part
from ....metrics.figure import NoValue
from ....model.process import Criterion
from ....publish.say import CATEGORIES
from ....sources.table import counted
from ... import forecasting
from ...forecasting import Shown
from ...past import BACKFILLED
from ..clean import one_line
from ..figures import day

KINDS = {"won": "Won", "open": "Open", "new": "Not created yet"}
"""The parts of a total, in the order in which they add to it."""
MOST_DEALS = 1000
"""How many deals a page lists: a browser has to hold them."""


def process(shown: Shown) -> str:
    """Whose forecast it is."""
    return one_line(shown.past.playbook.process.title)


def when(shown: Shown) -> str:
    """The period, and the day it is seen from."""
    return f"{shown.period}, as of {day(shown.snapshot.today)}"


def title(shown: Shown) -> str:
    """Both."""
    return f"{process(shown)}: {when(shown)}"


def scenario(shown: Shown) -> str:
    """What is supposed; empty where all is as it is."""
    return f"What if: {one_line(shown.scenario)}." if shown.scenario else ""


def layers(shown: Shown) -> list[str]:
    """What people called of the whole period and of its parts, each with what stood before and why."""
    if shown.layers is None:
        return []
    found = []
    for one in shown.layers.layers:
        if one.spoke and not isinstance(one.amount, NoValue):
            before = "" if isinstance(one.before, NoValue) else f", {shown.told(one.before)} before"
            why = f" by {one.call.author}: {one.call.reason}" if one.call else " of parts of it"
            found.append(one_line(f"Called by the {one.layer}: {shown.told(one.amount)}{before},{why}."))
    for part in shown.layers.within():
        found += [_of_part(shown, part, one) for one in part.layers if one.call is not None]
    for call, reason in shown.layers.layered.aside:
        found.append(one_line(f"A call by {call.author} ({call.layer}) does not count: {reason}."))
    return found


def _of_part(shown: Shown, part: Spoken, one: Standing) -> str:
    amounts = [shown.told(value) for value in (one.before, one.amount) if not isinstance(value, NoValue)]
    assert one.call is not None
    return one_line(f"  {part.name}, {one.layer}: {' → '.join(amounts)}, by {one.call.author}: {one.call.reason}.")


def number(shown: Shown, minor: int) -> str:
    """An amount without its unit."""
    return forecasting.number(minor, shown.snapshot.unit)


def by(shown: Shown) -> str:
    """What the parts are parts of."""
    return f"By {', '.join(shown.by)}: {_chosen(shown)}"


def part(shown: Shown, one: Part) -> str:
    """A part's name as people say it."""
    if one.kind == "stage":
        return one_line(_stages(shown).get(one.name, one.name))
    return CATEGORIES.get(one.name, one.name) if one.kind == "category" else one_line(one.name)


def deals_head(shown: Shown) -> str:
    """What the list of deals holds."""
    held = shown.chosen.deals.height if shown.chosen is not None else 0
    left = f", the {MOST_DEALS:,} largest shown; --output csv has all" if held > MOST_DEALS else ""
    return f"{counted(held, 'open deal')} by {_chosen(shown)}{left}"


def deals(shown: Shown) -> list[tuple[str, ...]]:
    """The open deals behind the method whose parts are shown, those that bring most first: name, owner, stage, close
    date, amount, chance, and what it brings or why nothing."""
    if shown.chosen is None:
        return []
    known = shown.snapshot.deals.select("id", "name", "owner", "stage", "day", "amount")
    made = shown.chosen.deals.join(known, on="id", how="left").sort("expected", "id", descending=[True, False])
    stages, found = _stages(shown), []
    for row in made.head(MOST_DEALS).iter_rows(named=True):
        counts = row["chance"] is not None and row["amount"] is not None
        amounts = (
            "–" if row["amount"] is None else number(shown, row["amount"]),
            "–" if row["chance"] is None else f"{row['chance'] * 100:.0f} %",
            number(shown, row["expected"]) if counts else row["reason"],
        )
        texts = (f"{row['name']} ({row['id']})", row["owner"] or "–", stages.get(row["stage"], row["stage"] or "–"))
        closes = "–" if row["day"] is None else day(row["day"])
        found.append((*(one_line(text) for text in texts), closes, *(one or "–" for one in amounts)))
    return found


def category(one: Category) -> str:
    """A category's name as people say it."""
    return CATEGORIES.get(one.name, one.name).capitalize()


def told(shown: Shown, name: str, one: Outlook | NoValue) -> str:
    """A method's total, what it is made of, and its range, as a sentence."""
    if isinstance(one, NoValue):
        return f"{name}: {one.reason}."
    held = ((getattr(one, kind), word.lower()) for kind, word in KINDS.items())
    parts = [f"{number(shown, value)} {word}" for value, word in held if value]
    made = f": {', '.join(parts)}" if parts else ""
    ends = [f"{p} {number(shown, value)}" for p, value in (("P10", one.low), ("P90", one.high)) if value is not None]
    return f"{name} {shown.told(one.total)}{made}{'; ' if ends else ''}{', '.join(ends)}."


def called(shown: Shown) -> str:
    """What is called commit beside what of it is proven; empty where nothing is called."""
    held = shown.evidence
    if not held.committed:
        return ""
    if not held.deals:
        return f"Called {shown.told(held.called)} as commit, and all of it is proven."
    number = len(held.deals)
    rest = f"the difference is {'this deal' if number == 1 else f'these {number:,} deals'}"
    return f"Called {shown.told(held.called)} as commit, proven {shown.told(held.proven)}: {rest}."


def unproven(shown: Shown, one: Unproven, most: int | None = None) -> str:
    """A deal that is called and not proven, and at ``most`` how many of the criteria that it lacks (None: all)."""
    worth = shown.told(one.amount) if one.amount is not None else "no amount"
    lacks = []
    if one.unmet:
        lacks.append(f"not met: {_titles(one.unmet, most)}")
    if one.unknown:
        lacks.append(f"not known: {_titles(one.unknown, most)}")
    return one_line(f"{_deal(one)}, {worth}: {'. '.join(lacks)}.")


def target(shown: Shown) -> str:
    """What the target takes; empty without one."""
    plan = shown.gap
    if plan is None:
        return ""
    if plan.missing <= 0:
        return f"The target of {shown.told(plan.target)} is attained."
    text = f"To reach {shown.told(plan.target)}, {shown.told(plan.missing)} is missing."
    if isinstance(plan.needed, NoValue) or isinstance(plan.rate, NoValue):
        reason = plan.rate.reason if isinstance(plan.rate, NoValue) else plan.needed.reason  # type: ignore[union-attr]
        return f"{text} How much pipeline that takes is not known: {reason}."
    share = f"{float(Fraction(plan.rate)) * 100:.0f} %"
    there = "enough" if plan.there >= plan.needed else f"{shown.told(plan.needed - plan.there)} too little"
    return (
        f"{text} From this day {share} of what was open was won in time: that takes {shown.told(plan.needed)} of "
        f"pipeline, and there is {shown.told(plan.there)}, {there}."
    )


def closest(shown: Shown) -> Sequence[Near]:
    """The deals that are closest to proven, where something is missing."""
    return shown.gap.near if shown.gap is not None and shown.gap.missing > 0 else ()


def needs(shown: Shown, near: Near, most: int | None = None) -> str:
    """What such a deal still needs."""
    rest = f"needs {_titles(near.needs, most)}" if near.needs else "is ready"
    return one_line(f"{_deal(near)}, {shown.told(near.amount)}: {rest}.")


def notes(shown: Shown) -> list[str]:
    """What has to be known of all of it."""
    found = list(dict.fromkeys(n for _, one in shown.outlooks if isinstance(one, Outlook) for n in one.notes))
    foreign = shown.snapshot.deals["foreign"].drop_nulls().len()
    if foreign:
        found.append(f"{foreign:,} open deals are in a currency that no rate leads from, and count with 0")
    sentences = [f"{note[0].upper()}{note[1:]}." for note in found]
    return [*sentences, BACKFILLED] if shown.past.history.reconstructed else sentences


def _chosen(shown: Shown) -> str:
    """The method whose parts and deals are shown."""
    return next((method.title.lower() for method, one in shown.outlooks if one is shown.chosen), "")


def _stages(shown: Shown) -> dict[str, str]:
    """The titles of the open stages."""
    return {stage.id: stage.title for stage in shown.snapshot.past.process.open_stages}


def _deal(one: Unproven | Near) -> str:
    return f"{one.name} ({one.id}{f', {one.owner}' if one.owner else ''})"


def _titles(criteria: Sequence[Criterion], most: int | None) -> str:
    held = criteria if most is None else criteria[:most]
    more = len(criteria) - len(held)
    return "; ".join(k.title for k in held) + (f" and {more} more" if more else "")
