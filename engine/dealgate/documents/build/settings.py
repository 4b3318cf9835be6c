"""What moves may do and what an override needs."""

from __future__ import annotations

from typing import Any

from dealgate.model.fields import Field
from dealgate.model.process import ENFORCE, Moves, OverrideRule

from ..conditions.literals import Wanted, literal
from .reader import Reader

_UP_TO = Field("up_to", "money", "Up to")


def build_moves(reader: Reader) -> Moves:
    """The rule of moves; what is left out keeps its default."""
    skip, back, reopen = (reader.inner(key) for key in ("skip", "back", "reopen"))
    plain = Moves()
    return Moves(
        skip=skip.word("enforce", ENFORCE, plain.skip),
        back=back.word("enforce", ENFORCE, plain.back),
        back_needs_reason=back.flag("require_reason"),
        reopen=reopen.word("enforce", ENFORCE, plain.reopen),
        reopen_within=reopen.duration("within"),
    )


def build_overrides(reader: Reader, currency: str) -> OverrideRule:
    """The rule of overrides; ``up_to`` in minor units of the process's currency."""
    approvers: list[tuple[int | None, str]] = []
    for item in reader.items("approvers"):
        inner = Reader(item, reader.wrong)
        role = inner.text("role")
        if not role:
            inner.expect(item, "`role:` with who may approve")
        amount = inner.get("up_to")
        limit = None
        if amount is not None:
            found = inner.take(None, literal, amount, Wanted(_UP_TO, currency))
            limit = None if found is None else found.value
        approvers.append((limit, role))
    return OverrideRule(
        reader.texts("reasons"), reader.duration("expires"), tuple(approvers), _cap(reader.inner("cap"))
    )


def _cap(reader: Reader) -> dict[str, Any] | None:
    if reader.node is None:
        return None
    most = reader.number("at_most")
    return {
        "per": reader.text("per", "owner"),
        "in": reader.text("in", "quarter"),
        "at_most": None if most is None else int(most),
    }
