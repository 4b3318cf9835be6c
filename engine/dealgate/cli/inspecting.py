"""Inspecting for a command: history, the rules over it, what the store remembers, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DocumentsDoNotHold, Severity, WrongUsage, error
from ..model.finding import LONGEST_SNOOZE, SEVERITIES, Finding, Kept, Key, Snooze
from .past import Past, in_store, past

if TYPE_CHECKING:
    from ..inspection.inspect import Inspected
    from ..inspection.score import Score


@dataclass(frozen=True, slots=True)
class Shown:
    """An inspection as it is shown: what is open (less what is silenced), gone, snoozed; and how clean whose deals are.

    ``kept``: whether the store remembers it; ``before``: what it did until now, None where SOURCE is no store.
    ``names``: the deals' names by id.
    """

    past: Past
    found: Inspected
    open: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    snoozed: tuple[Finding, ...]
    owners: tuple[Score, ...]
    teams: tuple[Score, ...]
    kept: bool
    names: dict[str, str]
    narrowed: bool = False
    before: tuple[Kept, ...] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: of these rules, owners and teams, at least so grave; all where nothing is said."""

    rules: Sequence[str] = ()
    owners: Sequence[str] = ()
    teams: Sequence[str] = ()
    severity: str = SEVERITIES[0]

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is asked for."""
        return (
            (not self.rules or finding.rule in self.rules)
            and _among(finding.owner, self.owners)
            and _among(finding.team, self.teams)
            and SEVERITIES.index(finding.severity) >= SEVERITIES.index(self.severity)
        )


def _among(name: str | None, wanted: Sequence[str]) -> bool:
    return not wanted or (name is not None and name.casefold() in {one.strip().casefold() for one in wanted})


def inspected(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None,
    references: Sequence[str], wish: Wish, *, keep: bool, quiet: bool = False,
) -> Shown:  # fmt: skip
    """Everything inspected; what is kept is all of it, whatever is shown. ``quiet``: nothing is told on stderr.

    Raises DocumentsDoNotHold where a rule does not hold, WrongUsage where one is asked for that is not there.
    """
    from ..documents.load import load_inspections
    from ..inspection.inspect import inspect
    from ..inspection.kept import merged
    from ..inspection.learned import Learner
    from ..inspection.score import scores

    told = past(source, mapping, process, as_of, known_at, quiet=quiet)
    playbook = told.playbook
    loaded = load_inspections(playbook.process, references, learn=Learner(told.history))
    wrong = [d for one in loaded for d in one.diagnostics if d.severity is Severity.ERROR]
    if wrong:
        raise DocumentsDoNotHold(*wrong)
    found = inspect(playbook, told.history, [one.inspection for one in loaded if one.inspection is not None])
    known(wish.rules, [rule.id for rule in found.rules], "inspection rule", "DG810")
    stored = in_store(source) is not None and known_at is None
    kept = stored and keep
    zone = playbook.process.calendar.zone
    open_: Sequence[Finding]
    gone: Sequence[Finding]
    before: tuple[Kept, ...] | None = None
    if stored:
        from .stored import opened

        with opened() as store, store.findings(_place(playbook.id, source), writing=keep) as findings:
            last = findings.last()
            kept = keep and (last is None or last <= found.as_of)
            before = tuple(findings.kept(found.as_of))
            open_, gone = merged(found, before, findings.snoozes(found.as_of), zone)
            if kept:
                findings.keep(open_, [one.key for one in gone], found.as_of)
    else:
        open_, gone = found.findings, ()
    mine = [one for one in open_ if wish.takes(one)]
    names = {deal.id: str(deal.fields.get("name", "")) for deal in found.deals}
    owners = [s for s in scores(found, "owner") if _among(s.name, wish.owners)]
    teams = [s for s in scores(found, "team") if _among(s.name, wish.teams)]
    return Shown(
        told, found, tuple(in_order([one for one in mine if one.snoozed is None])),
        tuple(in_order([one for one in gone if wish.takes(one)])),
        tuple(in_order([one for one in mine if one.snoozed is not None])), tuple(owners), tuple(teams), kept, names,
        wish != Wish(), before,
    )  # fmt: skip


def _place(process: str, source: Path | str) -> str:
    """Under which name findings are kept: those of one source of the store are apart from those of all."""
    name = in_store(source)
    return f"{process}@{name}" if name else process


def known(names: Sequence[str], there: Sequence[str], what: str, code: str) -> None:
    """Raises WrongUsage where one of some ids is not there, with the nearest."""
    from ..documents.suggest import nearest

    for name in names:
        if name not in there:
            near = nearest(name, list(there))
            hint = f"did you mean {near}?" if near else f"there are {', '.join(there)}"
            raise WrongUsage(error(code, f"There is no {what} `{name}` here.", suggestion=hint))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first, then by rule, the largest deals first."""
    return sorted(
        findings, key=lambda f: (-SEVERITIES.index(f.severity), f.inspection, f.rule, -(f.amount or 0), f.subject)
    )


def grave(shown: Shown, least: str) -> bool:
    """Whether anything shown and not silenced is at least so grave."""
    return any(SEVERITIES.index(one.severity) >= SEVERITIES.index(least) for one in shown.open)


# ---------------------------------------------------------------- silencing


def snooze(
    source: Path | str, process: str | None, key: Key, reason: str, until: date, by: str, as_of: date | datetime,
    recorded_at: datetime,
) -> Snooze:  # fmt: skip
    """Silences one finding that the store has open. Raises WrongUsage where that cannot be."""
    from .options import playbook_of
    from .stored import opened

    if in_store(source) is None:
        hint = "load it with `dealgate store load`, then leave SOURCE out or write store:NAME"
        raise WrongUsage(error("DG813", "Findings are kept for the store, and this is none.", suggestion=hint))
    playbook = playbook_of(process)
    moment = playbook.judge.moment(as_of)
    if not reason.strip():
        raise WrongUsage(error("DG812", "A snooze needs its reason.", suggestion="give --reason in words"))
    if not 0 <= (until - moment.today).days <= LONGEST_SNOOZE:
        message = f"A finding is silenced for {LONGEST_SNOOZE} days at most, from today on; {until} is not within them."
        raise WrongUsage(error("DG812", message, suggestion="name an earlier day, or look at it again then"))
    said = Snooze(reason.strip(), until, by)
    with opened() as store, store.findings(_place(playbook.id, source), writing=True) as findings:
        try:
            findings.snooze(key, said, moment.as_of, max(recorded_at, moment.as_of))
        except ValueError:
            message = f"No finding of `{key[0]}` is open on this {key[1]}."
            hint = "look at `dealgate inspect`, which also keeps what it finds"
            raise WrongUsage(error("DG811", message, suggestion=hint)) from None
    return said
