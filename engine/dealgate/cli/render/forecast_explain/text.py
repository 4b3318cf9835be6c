"""Why a deal counts as it does, for a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ...explaining import Explained
from ...forecasting import amount
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import day
from ..width import width

_LEVELS = {"all": "deals of all stages", "stage": "deals of its stage", "age": "deals of its stage, there as long",
           "segment": "deals of its stage and segment, there as long"}  # fmt: skip


def render(found: Explained) -> str:
    """The text."""
    screen = console()
    deal, unit = found.deal, found.snapshot.unit

    def say(text: str, indent: str = "") -> None:
        for line in wrapped(one_line(text) if not indent else indent + one_line(text), width(100), indent):
            screen.print(Text(line), soft_wrap=True)

    worth = amount(deal["amount"], unit) if deal["amount"] is not None else "no amount"
    dated = f", to close {day(deal['day'])}" if deal["day"] else ", without a close date"
    owner = f", {deal['owner']}" if deal["owner"] else ""
    stage = deal["stage"] or "no stage"
    say(f"{deal['name']} ({deal['id']}{owner}): {worth} in {stage}{dated}, called {deal['category']}.")
    say(f"What it brings in {found.period}, as of {day(found.snapshot.today)}:")
    screen.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Method", no_wrap=True)
    for name in ("Chance", unit):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for method, told in found.outlooks:
        if isinstance(told, str):
            table.add_row(Text(method.title), "–", "–", Text(told))
            continue
        share = "–" if told["chance"] is None else f"{told['chance'] * 100:.0f} %"
        table.add_row(
            Text(method.title), share, amount(told["expected"], unit).rpartition(" ")[0], told["reason"] or ""
        )
    screen.print(table)
    screen.print()
    past = found.history
    if past["chance"] is None:
        say(f"History gives it no chance: {past['reason']}.")
    else:
        age = f"{deal['age']:.0f} days in the stage" if deal["age"] is not None else "an age nobody knows"
        low, high = past["low"] * 100, past["high"] * 100
        rests = f"as of {past['n']:,} {_LEVELS[past['level']]}; it has been {age}"
        say(f"History: {past['chance'] * 100:.0f} % ({low:.0f} to {high:.0f} %), {rests}.")
    if found.moved:
        say(f"Evidence moved its odds, weighed by {found.weighed_by}:")
        for title, met, factor in found.moved[:8]:
            known = "" if met is None else "there: " if met else "not there: "
            say(f"× {factor:.2f}  {known}{title}", "  ")
    if found.unproven is not None:
        lacks = [k.title for k in (*found.unproven.unmet, *found.unproven.unknown)]
        say(f"It is called commit and not proven: {'; '.join(lacks)}.")
    return written(screen)
