"""What needs a look among the deals that the store has of a CRM: found, kept, and what is grave and new is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...model.diagnostics import WrongUsage, error
from ...model.finding import SEVERITIES, Finding
from ...sources.table import counted
from ...sync.actions import digest_of
from ..inspecting import Wish, inspected
from . import Asked, Done, News

SOURCE = True
FLAGS = ()
APPLY = False
GRAVE = SEVERITIES[2:]
"""What is told when it is new."""
FEW = 10
"""Ids of deals that a notification lists."""


def do(asked: Asked) -> Done:
    """One inspection of ``store:NAME``, kept as by the command. Raises DealgateError where the store has nothing of the
    source, or a rule does not hold."""
    from ..options import now

    source = asked.source
    asked.step("deals", 0, None)
    shown = inspected(f"store:{source.name}", None, source.process, now(), None, (), Wish(), keep=True, quiet=True)
    if not shown.kept:
        message, hint = "Findings of a later moment are kept already.", "look at the clock of this machine"
        raise WrongUsage(error("DG814", message, suggestion=hint))
    counts = Counter(one.severity for one in shown.open)
    listed = ", ".join(f"{counts[name]:,} {name}" for name in reversed(SEVERITIES) if counts[name])
    new = [one for one in shown.open if one.state == "new"]
    said = f"{counted(len(shown.open), 'finding')} open{f' ({listed})' if listed else ''}, {len(new):,} of them new"
    grave = [one for one in new if one.severity in GRAVE]
    # a finding is new all day: what an earlier run of the day told is not told again
    marks = {_mark(one): one for one in grave}
    before = set(asked.told.split())
    untold = [one for mark, one in marks.items() if mark not in before]
    return Done(
        f"{said}; {len(shown.gone):,} gone",
        findings={name: counts[name] for name in SEVERITIES},
        news=[News("findings", _told(source.name, untold))] if untold else (),
        mark=" ".join(sorted(marks)),
    )


def _mark(one: Finding) -> str:
    """Stands for a finding in what is remembered between runs: it may be one on a person."""
    return digest_of([*one.key, one.since])[:16]


def _told(name: str, findings: Sequence[Finding]) -> str:
    """How many, of which rules and on which deals; no name of a person."""
    rules = ", ".join(f"{rule} {n:,}" for rule, n in Counter(one.rule for one in findings).most_common())
    deals = [one.subject for one in findings if one.scope == "deal"]
    more = f" and {len(deals) - FEW:,} more" if len(deals) > FEW else ""
    ids = f" Deals: {', '.join(deals[:FEW])}{more}." if deals else ""
    return f"{name}: {counted(len(findings), 'new grave finding')}: {rules}.{ids}"
