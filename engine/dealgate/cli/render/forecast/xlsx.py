"""A forecast as a workbook: every method, the deals behind each, what is called and proven, and the parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from ....forecast.called import Spoken
from ....forecast.methods import Outlook
from ....forecast.rolled import flat
from ....metrics.figure import NoValue
from ....model.diagnostics import Where, WrongUsage, error, warning
from ...forecasting import Shown, major
from ..check.xlsx import CELL, ROWS
from ..clean import clean
from ..diagnostics.text import render as told
from ..rows import safe
from ..write import say, whole
from . import _rows
from . import _words as words

Cell = str | int | float | Decimal | None
_EXACT = 10**15
"""A number in a workbook is a double: an amount that is as long as this is written as text, with every digit."""


def write(shown: Shown, out: Path | None) -> None:
    """Writes the workbook. Raises WrongUsage without a file to write to, or with more rows than a sheet holds."""
    if out is None:
        raise WrongUsage(error("DG902", "A workbook needs a file.", suggestion="add --out forecast.xlsx"))
    many = sum(2 + one.deals.height for _, one in shown.outlooks if isinstance(one, Outlook))
    if many > ROWS:
        message = f"A sheet holds {ROWS:,} rows, and there may be {many:,} of methods and deals."
        raise WrongUsage(error("DG905", message, suggestion="name a --method, or take --output csv"))
    import xlsxwriter

    cut: list[str] = []
    with whole(out) as file:
        # rows go out as they are made: eight methods of 100,000 deals would not fit in memory well
        options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
        book = xlsxwriter.Workbook(file, options)
        bold = book.add_format({"bold": True})
        for name, head, rows in _sheets(shown):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for n, title in enumerate(head):
                sheet.set_column(n, n, max(12, min(40, len(title) + 2)))
            for n, title in enumerate(head):
                sheet.write_string(0, n, title, bold)
            last = 1
            for last, row in enumerate(rows, start=1):
                for n, cell in enumerate(row):
                    if isinstance(cell, str):
                        text = clean(str(safe(cell)))
                        if len(text) > CELL:
                            text = text[: CELL - 1] + "…"
                            cut.append(f"{head[n]} in row {last + 1} of {name}")
                        sheet.write_string(last, n, text)
                    elif cell is not None:
                        sheet.write_number(last, n, float(cell))
            sheet.autofilter(0, 0, last, len(head) - 1)
        book.close()
    if cut:
        where = ", ".join(cut[:3]) + (f" and {len(cut) - 3:,} more" if len(cut) > 3 else "")
        message = f"A cell of a workbook holds {CELL:,} characters: {where} cut short."
        say(told([warning("DG906", message, Where(str(out)), "take --output csv for the whole text")], {}), err=True)


def _sheets(shown: Shown) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]:
    was = ("As it is",) if shown.scenario else ()
    head = (
        "Method", "Id", "Total", *was, *words.KINDS.values(), "P10", "P50", "P90", "Unit", "Formula", "Reason", "Notes",
    )  # fmt: skip
    yield "Forecast", head, _methods(shown)
    yield "Deals", _rows.COLUMNS, _deals(shown)
    yield "Called and proven", ("Deal", "Name", "Owner", "Amount", "Unit", "Not met", "Not known"), _evidence(shown)
    if shown.layers is not None:
        yield "Calls", ("Of", "Name", "Layer", "Amount", "Before", "Unit", "By", "Reason"), _calls(shown.layers, shown)
    if shown.by:
        yield "Parts", ("Level", "Name", *words.KINDS.values(), "Total", "Unit", "Deals"), _parts(shown)
    yield "Categories", ("Category", "Called", "So far", "Deals", "By evidence", "So far", "Deals", "Unit"), [
        (
            words.category(one), _amount(shown, one.called), _amount(shown, one.called_so_far), len(one.called_deals),
            _amount(shown, one.proven), _amount(shown, one.proven_so_far), len(one.proven_deals), shown.snapshot.unit,
        )
        for one in shown.categories
    ]  # fmt: skip


def _methods(shown: Shown) -> Iterator[Sequence[Cell]]:
    unit = shown.snapshot.unit
    for method, one in shown.outlooks:
        was = (_amount(shown, shown.as_it_is.get(method.id)),) if shown.scenario else ()
        if isinstance(one, NoValue):
            yield (method.title, method.id, None, *was, *(None,) * 6, unit, method.formula, one.reason, None)
            continue
        amounts = (one.won, one.open, one.new, one.low, one.mid, one.high)
        cells = (_amount(shown, value) for value in amounts)
        yield (
            method.title,
            method.id,
            _amount(shown, one.total),
            *was,
            *cells,
            unit,
            method.formula,
            None,
            "; ".join(one.notes) or None,
        )


def _deals(shown: Shown) -> Iterator[Sequence[Cell]]:
    for row in _rows.rows(shown):
        amount = row[_rows.AMOUNT]
        assert amount is None or isinstance(amount, int)
        yield (*row[: _rows.AMOUNT], _amount(shown, amount), *row[_rows.AMOUNT + 1 :])


def _evidence(shown: Shown) -> Iterator[Sequence[Cell]]:
    held, unit = shown.evidence, shown.snapshot.unit
    yield ("Called", None, None, _amount(shown, held.called), unit, None, None)
    yield ("Proven", None, None, _amount(shown, held.proven), unit, None, None)
    for one in held.deals:
        lacks = ("; ".join(k.title for k in criteria) or None for criteria in (one.unmet, one.unknown))
        yield (one.id, one.name, one.owner, _amount(shown, one.amount), unit, *lacks)


def _calls(spoken: Spoken, shown: Shown) -> Iterator[Sequence[Cell]]:
    for of in (spoken, *spoken.within()):
        for one in of.layers:
            if one.call is not None or (one.spoke and of is spoken):
                told = (
                    None if isinstance(each, NoValue) else _amount(shown, each) for each in (one.amount, one.before)
                )
                who = (one.call.author, one.call.reason) if one.call else (None, None)
                yield (of.kind, of.ident or of.name, one.layer, *told, shown.snapshot.unit, *who)


def _parts(shown: Shown) -> Iterator[Sequence[Cell]]:
    for depth, part in flat(shown.parts):
        amounts = (_amount(shown, value) for value in (part.won, part.open, part.new, part.total))
        yield (depth + 1, words.part(shown, part), *amounts, shown.snapshot.unit, len(part.deals))


def _amount(shown: Shown, minor: int | None) -> Cell:
    if minor is None:
        return None
    text = major(minor, shown.snapshot.unit)
    return Decimal(text) if abs(minor) < _EXACT else text
