"""How the open pipeline came from the last review to this one, by cause; it balances to the cent."""

from __future__ import annotations

import polars as pl

from ....compile.words import value
from ....metrics.waterfall import LINES, waterfall
from ....model.inspection import Item
from ....model.values import Money
from ..ground import Ground
from ..model import Filled, Point


def fill(ground: Ground, item: Item) -> Filled:
    """A point a line of the waterfall and currency, of the audience's deals; what stood still is left out."""
    made = waterfall(ground.history, ground.before, ground.history.as_of, rates=ground.moment.rates)
    made.check()
    mine = made.moves.filter(pl.col("deal").is_in(list(ground.by_id)))
    sums = mine.group_by("line", "currency").agg(pl.col("amount").sum(), pl.col("deal").n_unique())
    found = {(line, code): (int(amount), deals) for line, code, amount, deals in sums.iter_rows()}
    points = []
    for line, title in LINES.items():
        for code in sorted(code for name, code in found if name == line):
            amount, deals = found[line, code]
            why = f"{deals:,} deal{'' if deals == 1 else 's'}, by {value(ground.moment.today)}."
            if line == "begin":
                why = f"{deals:,} deal{'' if deals == 1 else 's'}, at the end of {value(ground.before)}."
            points.append(Point("", title, Money(amount, code), why, ""))
    told = []
    if made.undated:
        told.append(f"{item.title}: {made.undated} open deals have no day that places them in time.")
    return Filled(points, f"From {value(ground.since)} to {value(ground.moment.today)}.", told)
