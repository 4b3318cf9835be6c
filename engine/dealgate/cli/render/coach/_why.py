"""Why something was concluded: each need with the facts and conclusions behind it, down to deals and lines of rules."""

from __future__ import annotations

from collections.abc import Iterator

from ....coaching.words import asked, found
from ....compile.words import value
from ....model.diagnostics import Where
from ....plays.drawn import Conclusion
from ....plays.facts import Fact
from ...coaching import Taught
from ..width import hanging

MOST = 10
"""Facts of one need that are shown."""


def why(one: Conclusion, shown: Taught) -> str:
    """The conclusion, what it recommends, and the reasons below it."""
    lines = [f"{one.play.title}: {shown.name(one.scope, one.record)}"]
    if one.said is not None:
        due = f", by {value(one.said.due)}" if one.said.due else ""
        lines += hanging(f"For the {one.said.to}{due}: {one.said.question or one.said.title}", "")
    if one.play.why:
        lines += hanging(one.play.why, "")
    lines += ["", "Because"]
    lines += _reasons(one, shown, "  ")
    return "\n".join(line.rstrip() for line in lines)


def _reasons(one: Conclusion, shown: Taught, indent: str) -> Iterator[str]:
    for reason in one.because:
        yield from hanging(f"{asked(reason.needed)} {_at(reason.needed.at)}", indent)
        if reason.needed.absent:
            yield f"{indent}  there is none"
        for fact in reason.facts[:MOST]:
            yield from hanging(f"- {_whose(fact, shown)}{found(fact)} {_at(fact.where)}", indent + "  ")
        if len(reason.facts) > MOST:
            yield f"{indent}  and {len(reason.facts) - MOST:,} more"
        for other in reason.conclusions:
            yield from hanging(f"{other.play.title}: {shown.name(other.scope, other.record)}", indent + "  ")
            yield from _reasons(other, shown, indent + "    ")


def _whose(fact: Fact, shown: Taught) -> str:
    if fact.deal is None:
        return ""
    name = shown.name("deal", fact.deal)
    return f"{fact.deal} {name}: " if name != fact.deal else f"{fact.deal}: "


def _at(where: Where) -> str:
    return f"({where.file}:{where.line})" if where.file else ""
