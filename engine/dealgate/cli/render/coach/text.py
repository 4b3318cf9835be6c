"""What plays recommend, for a terminal: people first, then the next action on the largest deals."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ....compile.words import value
from ....model.values import Money
from ....plays.drawn import Conclusion
from ....sources.table import counted
from ...coaching import Taught
from ..width import hanging

MOST = 10
"""Records and deals that are shown, unless a play, an owner or a team is asked for."""
TEXTS = {"Ask": "question", "Do": "action", "Look for": "behaviour"}


def render(shown: Taught) -> str:
    """The whole of it."""
    return "\n".join(line.rstrip() for line in _lines(shown))


def _lines(shown: Taught) -> Iterator[str]:
    process, found = shown.past.playbook.process, shown.coached
    day = value(found.ground.today)
    yield f"Coaching by {process.title} {process.version}, as of {day}"
    deals, inferences = counted(found.deals, "open deal"), counted(found.concluded.inferences, "inference")
    yield f"{deals} · {inferences} · {counted(len(shown.people) + len(shown.deals), 'recommendation')}"
    for _, group in groupby(shown.people, key=lambda one: one.play.key):
        yield ""
        yield from _play(list(group), shown)
    if shown.deals:
        yield ""
        yield "Next on deals, the largest first:"
        by_deal = [list(group) for _, group in groupby(shown.deals, key=lambda one: one.record)]
        for mine in by_deal[: None if shown.narrowed else MOST]:
            yield from _deal(mine[0], len(mine) - 1, shown)
        if not shown.narrowed and len(by_deal) > MOST:
            more = (
                f"and {counted(len(by_deal) - MOST, 'more deal')}: --owner or --play narrows them, --output csv has all"
            )
            yield from hanging(more, "  ")
    yield from _open(shown)


def _play(group: list[Conclusion], shown: Taught) -> Iterator[str]:
    """One play: what it says of all is told once, then each record with what is its own."""
    first = group[0].said
    assert first is not None
    title = first.title if len({one.said.title for one in group if one.said}) == 1 else group[0].play.title
    yield from hanging(f"{title} ({group[0].play.id}): {len(group):,}", "")
    own = []
    for word, name in TEXTS.items():
        texts = {_said(one, name, shown) for one in group}
        if len(texts) > 1:
            own.append(name)
        elif text := texts.pop():
            yield from hanging(f"{word}: {text}", "  ")
    due = f", by {value(first.due)}" if first.due else ""
    practise = f" · practise {first.drill}" if first.drill else ""
    yield from hanging(f"For the {first.to}{due}{practise}", "  ")
    group.sort(key=lambda one: -_worth(one, shown))
    most = len(group) if shown.narrowed else MOST
    for one in group[:most]:
        deals = one.deals()
        rests = f", on {counted(len(deals), 'deal')}" if deals else ""
        told = " ".join(_said(one, name, shown) for name in own)
        yield from hanging(f"- {shown.name(one.scope, one.record)}{rests}{f': {told}' if told else ''}", "  ")
    if len(group) > most:
        yield from hanging(f"and {len(group) - most:,} more: --play {group[0].play.id} shows all", "  ")
    yield f"  Why: --why '{group[0].id}'"


def _said(one: Conclusion, name: str, shown: Taught) -> str:
    """A text of a recommendation; a name it begins with is not said again beside the name itself."""
    text: str = getattr(one.said, name)
    rest = text.removeprefix(f"{shown.name(one.scope, one.record)}, ")
    return rest[:1].upper() + rest[1:]


def _worth(one: Conclusion, shown: Taught) -> int:
    return sum(shown.amounts.get(deal, (0, ""))[0] for deal in one.deals())


def _deal(one: Conclusion, more: int, shown: Taught) -> Iterator[str]:
    """The first thing to do on a deal, and how many more there are."""
    said = one.said
    assert said is not None
    name = shown.name("deal", one.record)
    held = shown.amounts.get(one.record)
    amount = f", {value(Money(*held))}" if held else ""
    owner = shown.coached.facts.above("deal", one.record)[2]
    whose = f", {shown.name('owner', owner)}" if owner else ""
    title = f"{one.record} {name}" if name != one.record else one.record
    yield from hanging(f"- {title}{amount}{whose}", "  ")
    ask = f" Ask: {said.question}" if said.question else ""
    yield from hanging(f"{said.title}.{ask}{f' (and {more} more)' if more else ''}", "    ")


def _open(shown: Taught) -> Iterator[str]:
    found = shown.coached
    undecided = [(one.number, one.play.id) for one in found.concluded.undecided]
    if undecided:
        yield ""
        listed = ", ".join(f"{name} {number:,}" for number, name in sorted(undecided, reverse=True))
        yield from hanging(f"May hold as well, for want of facts: {listed}.", "")
    if found.unseen:
        kinds = ", ".join(kind.replace("_", " ") for kind in found.unseen)
        yield from hanging(f"Not looked at, for there is nowhere to look: {kinds}.", "")
