"""A waterfall as CSV: a row a line, or a row a line and deal."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from ....metrics.waterfall import Waterfall
from ....model.values import Money
from ...past import Past
from ..rows import safe
from ..write import put
from ._rows import lines


def render(waterfall: Waterfall, past: Past, out: Path | None, with_deals: bool) -> None:
    """Writes every line; amounts in major units with their signs."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if with_deals:
        writer.writerow(["line", "deal", "count", "amount", "currency"])
        for row in waterfall.moves.iter_rows(named=True):
            money = Money(int(row["amount"]), row["currency"] or waterfall.currency)
            writer.writerow([row["line"], safe(row["deal"]), row["count"], f"{money.major:f}", money.currency])
    else:
        writer.writerow(["line", "title", "deals", "count", "amount", "currency"])
        for line in lines(waterfall):
            for money in (line["amount"], *line["apart"]):
                writer.writerow(
                    [line["cause"], line["title"], line["deals"], line["count"], money["amount"], money["currency"]]
                )
    put(buffer.getvalue().removesuffix("\n"), out, exact=not (out is None and sys.stdout.isatty()))
