"""What a CRM can hold of a process, as text: stage by stage, then fields, moves, and what dealgate does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ....model.process import Process
from ....sync.portability import CriterionHeld, FieldHeld, Portability
from ..width import width

SIGNS = {"native": "=", "partly": "~", "found": "+", "unseen": "?"}
_MOVES = {"skip": "skipping a stage", "back": "moving back", "reopen": "reopening"}
_CHANNELS = {"api": "programs", "import": "imports", "workflow": "workflows", "admin": "administrators"}


def render(found: Portability) -> str:
    """The counts, every criterion with its sign and why, and the rest in sentences."""
    wide = width()
    lines = [f"{found.process.id} {found.process.version} in {found.crm}", ""]
    for title, criteria in _parts(found.process, found.criteria):
        lines += [title, *(line for one in criteria for line in _criterion(one, wide)), ""]
    for sentence in _said(found):
        lines += textwrap.wrap(sentence, wide, subsequent_indent="  ", break_long_words=False)
    return "\n".join(lines)


def _parts(process: Process, criteria: Sequence[CriterionHeld]) -> Iterator[tuple[str, list[CriterionHeld]]]:
    titles = {stage.id: stage.title for stage in process.stages}
    others = {"won": "Won", "lost": "Lost", "commit": "Commit", "lead": "Lead", "recycle": "Recycled lead"}
    groups: dict[str, list[CriterionHeld]] = {}
    for one in criteria:
        held = one.criterion
        groups.setdefault(titles.get(held.stage or "", others.get(held.part, held.part.capitalize())), []).append(one)
    yield from groups.items()


def _criterion(one: CriterionHeld, wide: int) -> list[str]:
    head = f"  {SIGNS[one.place]} "
    lines = textwrap.wrap(one.criterion.title, wide, initial_indent=head, subsequent_indent="    ")
    why = "; ".join(one.why)
    return lines + textwrap.wrap(why, wide, initial_indent="      ", subsequent_indent="      ") if why else lines


def _said(found: Portability) -> Iterator[str]:
    holds, counts = found.able.holds, found.counts
    rule = f" ({'; '.join(part for part in (holds.rule, holds.edition) if part)})" if holds.rule else ""
    every = len(found.criteria)
    yield f"{SIGNS['native']} {counts['native']} of {every} criteria {found.crm} can hold itself{rule}"
    yield f"{SIGNS['partly']} {counts['partly']} it can hold in part; dealgate finds the rest"
    yield f"{SIGNS['found']} {counts['found']} dealgate finds"
    yield f"{SIGNS['unseen']} {counts['unseen']} cannot be seen there: unknown, until it comes from elsewhere"
    yield f"Fields: {_fields(found.fields)}."
    held = [_MOVES[move.move] for move in found.moves if move.native]
    seen = [_MOVES[move.move] for move in found.moves if not move.native]
    words = [f"it can forbid {_and(held)}"] if held else []
    words += [f"dealgate finds {_and(seen)}"] if seen else []
    yield f"Moves: {'; '.join(words)}."
    if holds.passed_by:
        yield f"Past its own rules go {_and([_CHANNELS[one] for one in holds.passed_by])}; dealgate finds that too."
    yield f"dealgate {_and(found.does)}."


def _fields(fields: Sequence[FieldHeld]) -> str:
    places: dict[str, list[FieldHeld]] = {"standard": [], "custom": [], "text": [], "none": []}
    for one in fields:
        places.setdefault(one.place, []).append(one)
    words = [f"{len(places['standard'])} are there"]
    words += [f"{len(places['custom'])} come as custom fields"] if places["custom"] else []
    words += [f"{len(places['text'])} as custom fields of text ({_listed(places['text'])})"] if places["text"] else []
    words += [f"{len(places['none'])} have no place ({_listed(places['none'])})"] if places["none"] else []
    return ", ".join(words)


def _listed(fields: Sequence[FieldHeld]) -> str:
    names = [one.id for one in fields]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _and(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]
