"""Who may do what: moves, exceptions, the calendar that counts, and whose the process is."""

from __future__ import annotations

from collections.abc import Iterator

from ...compile.words import choice, value
from ...model.calendar import MONTHS, WEEKDAYS
from ..blocks import Block, Facts, Inline, Items, Page, Para, Section, Table, plain, prose
from ..book import Book
from ..say import approver, capital, count, moves, role

ORDER = 50


def pages(book: Book) -> Iterator[Page]:
    """The page."""
    process = book.process
    rows = tuple((head, (prose(text),)) for head, text in moves(process.moves))
    blocks: list[Block] = [
        Para(prose("What may be skipped, who may make an exception, and which days count."), "lead"),
        Section("Moves", (Facts(rows),), "moves"),
        Section("Exceptions", tuple(_overrides(book)), "overrides"),
        Section("Calendar", (Facts(tuple(_calendar(book))),), "calendar"),
        Section("Whose process this is", (Facts(tuple(_owner(book))),), "owner"),
    ]
    if process.applies_to is not None:
        text = Para(prose(book.words.sentence(process.applies_to)))
        blocks.insert(1, Section(f"Which {book.noun}s it judges", (text,), "applies"))
    yield Page("governance", "Moves and exceptions", "Reference", tuple(blocks), above="Governance")


def _overrides(book: Book) -> Iterator[Block]:
    rule, noun = book.process.overrides, book.noun
    if not (rule.reasons or rule.approvers):
        yield Para(prose("The process names nobody who may approve an exception."))
        return
    lines = [
        f"An exception is for one criterion on one {noun}, with a reason, and is approved by somebody other than the "
        "person who asks.",
    ]
    if rule.expires is not None:
        lines.append(f"It ends after {rule.expires}. Then the criterion is asked again.")
    if rule.cap:
        most, per, period = (rule.cap.get(key) for key in ("at_most", "per", "in"))
        if most is not None:
            lines.append(f"At most {count(int(most), 'exception')} for each {role(str(per))} in a {period}.")
    yield Items(tuple(prose(line) for line in lines))
    if rule.approvers:
        rows = tuple(
            (plain(upto), plain(who))
            for upto, who in (approver(limit, name, book.process.currency) for limit, name in rule.approvers)
        )
        yield Table("Who approves", ("Amount", "Approver"), rows, "figures")
    if rule.reasons:
        yield Section(
            "Reasons", (Items(tuple(plain(capital(choice(one))) for one in rule.reasons)),), "override-reasons"
        )


def _calendar(book: Book) -> Iterator[tuple[str, tuple[Inline, ...]]]:
    calendar = book.process.calendar
    weekend = " and ".join(WEEKDAYS[day].capitalize() for day in sorted(calendar.weekend)) or "none"
    yield "Time zone", (plain(str(calendar.zone)),)
    yield "Weekend", (plain(weekend),)
    yield "Working hours", (plain(f"{calendar.opens:%H:%M} to {calendar.closes:%H:%M}"),)
    if calendar.holidays:
        yield "Holidays", (plain(", ".join(value(day) for day in sorted(calendar.holidays))),)
    yield "Fiscal year", (plain(f"starts in {MONTHS[calendar.fiscal_month - 1].capitalize()}"),)


def _owner(book: Book) -> Iterator[tuple[str, tuple[Inline, ...]]]:
    process = book.process
    yield "Owner", (plain(process.owner),)
    yield "Version", (plain(process.version),)
    if book.digest:
        yield "Fingerprint", ((plain(book.digest)[0]._replace(mark="code"),),)
