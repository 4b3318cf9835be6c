"""Which process judges which deal, where an organisation has several: each deal the one whose ``applies_to`` holds.

A process without ``applies_to`` is for every deal. A deal is routed only where one process takes it for sure and every
other one surely does not; else it is left, and told why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from ..compile.columns.answers import answers
from ..compile.columns.run import ready
from ..compile.frames import Frames
from ..compile.reference import Walk
from ..model.condition import refs
from ..model.deal import Deal
from ..model.diagnostics import Diagnostic, warning
from ..model.process import Process
from .passage import listed
from .playbook import Playbook

_KEY = "applies"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the processes say of one deal: those that take it, and those of which it is not known, by id."""

    takes: tuple[str, ...]
    unsure: tuple[str, ...]

    @property
    def process(self) -> str | None:
        """The one that judges the deal; None where that is not sure."""
        return self.takes[0] if len(self.takes) == 1 and not self.unsure else None

    def why(self, many: bool = False) -> str:
        """Why no process judges the deal, or ``many`` such deals, in words that follow on it."""
        it = "them" if many else "it"
        if len(self.takes) > 1:
            return f"several processes take {it}: {_named(self.takes)}"
        if not self.unsure:
            return f"none takes {it}"
        also = f"{_named(self.takes)} takes {it}, and " if self.takes else ""
        return f"{also}it is not known whether {_named(self.unsure, 'or')} takes {it}"


@dataclass(frozen=True, slots=True)
class Left:
    """Deals that no single process takes, alike in what the processes say; ``ids`` in the source's order."""

    answers: Answers
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """The deals of each process by its id, and those that are left. Together they are all deals."""

    taken: Mapping[str, tuple[str, ...]]
    left: tuple[Left, ...]


def route(books: Sequence[tuple[Playbook, Frames]], as_of: date | datetime) -> Routes:
    """Routes the deals, each process asking the frames as it reads them; all hold the same deals."""
    whole = books[0][1].deals.select("id")
    for n, (book, frames) in enumerate(books):
        whole = whole.join(
            applies(book, frames, as_of).rename({_KEY: f"@{n}"}), on="id", how="left", maintain_order="left"
        )
    names = [book.id for book, _ in books]
    taken: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
    left: list[Left] = []
    keys = [f"@{n}" for n in range(len(books))]
    for said, part in whole.group_by(keys, maintain_order=True):
        found = _answers(dict(zip(names, said, strict=True)))
        if found.process is None:
            left.append(Left(found, tuple(part["id"])))
        else:
            taken[found.process] = (*taken[found.process], *part["id"])
    return Routes(taken, tuple(sorted(left, key=lambda one: (-len(one.answers.takes), one.answers.unsure))))


def applies(book: Playbook, frames: Frames, as_of: date | datetime) -> pl.DataFrame:
    """``id``, and whether the process is for the deal as ``applies``; null where that is not known."""
    process = book.process
    if process.applies_to is None:
        return frames.deals.select("id", pl.lit(True).alias(_KEY))
    moment = book.judge.moment(as_of)
    typed = ready(frames, process)
    if process.becomes:
        from ..compile.columns.becomes import moved_columns

        typed = moved_columns(typed, process, moment)
    return answers(process, {_KEY: process.applies_to}, moment, typed).collect()


def route_one(books: Sequence[tuple[Playbook, Deal]], as_of: date | datetime) -> Answers:
    """What the processes say of one deal, each as it reads it."""
    said: dict[str, bool | None] = {}
    for book, deal in books:
        condition, moment = book.process.applies_to, book.judge.moment(as_of)
        moved = book.judge.moved(deal, moment.as_of)
        said[book.id] = True if condition is None else Walk(book.process, moved, moment).holds(condition)
    return _answers(said)


def _answers(said: Mapping[str, bool | None]) -> Answers:
    return Answers(
        tuple(name for name, answer in said.items() if answer is True),
        tuple(name for name, answer in said.items() if answer is None),
    )


def only(frames: Frames, ids: Sequence[str]) -> Frames:
    """The frames of some of the deals."""
    wanted = pl.Series(ids, dtype=pl.String).implode()
    children = {name: frame.filter(pl.col("deal").is_in(wanted)) for name, frame in frames.children.items()}
    return Frames(frames.deals.filter(pl.col("id").is_in(wanted)), children)


# ------------------------------------------------ in words


def told(left: Sequence[Left], processes: Sequence[Process], *, every: bool = False) -> list[Diagnostic]:
    """What a reader should know of deals that no single process takes."""
    return [_told(one, processes, every) for one in left]


def _told(left: Left, processes: Sequence[Process], every: bool) -> Diagnostic:
    count = len(left.ids)
    message = f"{count:,} deal{' is' if count == 1 else 's are'} judged by no process: "
    why = left.answers.why(count > 1)
    hint = "change `applies_to` so that one process takes each deal"
    if left.answers.unsure:
        asked = [p.applies_to for p in processes if p.id in left.answers.unsure and p.applies_to is not None]
        names = dict.fromkeys(ref.name for condition in asked for ref in refs(condition) if not ref.child)
        hint = f"fill in {_named(tuple(names), 'or')}" if names else "fill in what `applies_to` asks for"
    return warning("DG759", f"{message}{why}: {listed(left.ids, every)}.", suggestion=hint)


def _named(names: Sequence[str], word: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
