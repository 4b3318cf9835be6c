"""What an override needs: whether it may be asked for, approved, denied or revoked; every refusal says what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..compile.becomes import names_of
from ..documents.suggest import nearest
from ..model.calendar import Moment
from ..model.deal import Deal
from ..model.diagnostics import DealgateError, Diagnostic, WrongUsage, error, warning
from ..model.override import LIVE, MAY_FOLLOW, OverrideRequest
from ..model.people import ADMIN, ERASED, Authority, Who, folded
from ..model.process import Criterion, OverrideRule
from ..model.values import Money
from ..model.verdict import Status
from .judge import Judge

LONGEST = 2_000
"""Characters of a text at most."""
WORDS = frozenset({"DG760", "DG762", "DG763", "DG769", "DG772"})
"""Refusals of words that were given, not of what was asked."""


@dataclass(frozen=True)
class Ground:
    """All that an override of a deal rests on: how the deal is judged, at what moment, what is on record by then, who
    is who, and who has which role."""

    judge: Judge
    deal: Deal
    moment: Moment
    source: str
    on_record: Sequence[OverrideRequest]
    who: Who
    authority: Authority

    @property
    def rule(self) -> OverrideRule:
        """The process's rule of overrides."""
        return self.judge.process.overrides

    @property
    def owner(self) -> str:
        """The deal's owner: the name, else the id; empty where none is known."""
        return str(self.deal.fields.get("owner.name") or self.deal.fields.get("owner.id") or "")

    def owns(self, person: str) -> bool:
        """Whether a person is the deal's owner by name or id."""
        fields = self.deal.fields
        return any(self.who.same(person, str(fields[name])) for name in ("owner.name", "owner.id") if fields.get(name))

    def state(self, request: OverrideRequest) -> str:
        """How a request stands."""
        return request.state(self.moment.today, self.moment.calendar, self.rule.expires)

    def criterion(self, name: str) -> Criterion | None:
        """The criterion that has this id, or had it."""
        former = self.judge.former
        return next((k for k in self.judge.process.criteria if name in names_of(k, former)), None)


def refuse(found: Sequence[Diagnostic]) -> None:
    """Raises what stands in the way: WrongUsage where words were wrong, else DealgateError."""
    if found:
        raise (WrongUsage if any(one.code in WORDS for one in found) else DealgateError)(*found)


# ---------------------------------------------------------------- asking


def may_ask(
    ground: Ground, criterion: str, reason: str, text: str, requester: str, until: date | None, *, anyway: bool = False
) -> list[Diagnostic]:
    """Why an override may not be asked for; nothing where it may. ``anyway``: though the criterion needs none."""
    found = [*_name(requester), *_words(ground, text)]
    if reason not in ground.rule.reasons:
        found.append(_no_reason(ground.rule, reason))
    found += _endless(ground)
    found += _day(ground, until)
    known = ground.judge.process.criterion(criterion)
    if known is None:
        return [_no_criterion(ground, criterion), *found]
    if known.enforce == "observe":
        message = f"`{known.id}` is only observed: it holds no deal back, so there is nothing to override."
        return [*found, error("DG761", message, suggestion="go on without an override")]
    same = _same_live(ground, known)
    if same is not None:
        state = ground.state(same)
        end = same.last_day(ground.moment.calendar, ground.rule.expires)
        stands = f"holds until {end}" if state == "approved" else "waits for a decision"
        hint = f"`dealgate override list --deal {ground.deal.id}` shows it; revoke it to ask anew"
        found.append(error("DG766", f"There is one already: {same.id} {stands}.", suggestion=hint))
    elif not anyway:
        found += _needless(ground, known)
    return found


def warnings(ground: Ground, criterion: str) -> list[Diagnostic]:
    """What whoever asks should know: that the cap is reached already."""
    return [
        warning("DG775", f"{one.message} As it stands, it could not be approved.", suggestion=one.suggestion)
        for one in _cap(ground, criterion, ground.owner)
    ]


def _no_criterion(ground: Ground, name: str) -> Diagnostic:
    process = ground.judge.process
    stage = process.stage(ground.deal.stage)
    here = process.asked_in(stage) if stage is not None else ()
    names = list(dict.fromkeys(k.id for k in (*here, *process.criteria)))
    near = next((one for one in names if one.partition(".")[2] == name), None) or nearest(name, names)
    hint = f"did you mean `{near}`?" if near else "`dealgate explain store --deal ID --full` tells of all"
    return error("DG760", f"The process {process.id} has no criterion `{name}`.", suggestion=hint)


def _no_reason(rule: OverrideRule, reason: str) -> Diagnostic:
    if not rule.reasons:
        message = "The process names no reasons for which an override may be given."
        return error("DG762", message, suggestion="add `overrides: {reasons: [executive-request]}` to it")
    near = nearest(reason, rule.reasons)
    hint = f"did you mean `{near}`?" if near else f"one of {', '.join(rule.reasons)}"
    return error("DG762", f"`{reason}` is no reason of the process.", suggestion=hint)


def _name(name: str) -> Iterator[Diagnostic]:
    if folded(name) in ("", ERASED) or len(name) > LONGEST or _unprintable(name):
        hint = "give --by with the name or id that the CRM and dealgate.yaml use, or set DEALGATE_BY"
        yield error("DG772", "Nobody is named who does this.", suggestion=hint)


def _words(ground: Ground, text: str, what: str = "--text") -> Iterator[Diagnostic]:
    word = text.strip()
    placeholders = ground.judge.process.reading.placeholders
    if not folded(word) or word.casefold() in placeholders or folded(word) in placeholders:
        message = "The words that say why are missing, or only hold a place."
    elif len(word) > LONGEST:
        message = f"The words that say why are longer than {LONGEST:,} characters."
    elif _unprintable(word):
        message = "The words that say why hold characters that no text has."
    else:
        return
    yield error("DG763", message, suggestion=f"write in {what} what the reason is in this case")


def _unprintable(text: str) -> bool:
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text)


def _endless(ground: Ground) -> Iterator[Diagnostic]:
    if ground.rule.expires is None:
        message = "The process does not say how long an override holds, and an endless one is none."
        yield error("DG764", message, suggestion="add `overrides: {expires: 14 days}` to the process")


def _day(ground: Ground, until: date | None) -> Iterator[Diagnostic]:
    """An ``until`` that has passed, or is later than an approval today could reach."""
    if until is None:
        return
    longest = ground.rule.expires
    last = ground.moment.calendar.shift(ground.moment.today, longest) if longest is not None else None
    if until < ground.moment.today:
        yield error("DG769", f"{until} has passed.", suggestion=f"give a day up to {last}" if last else None)
    elif last is not None and until > last:
        message = f"{until} is too late: an override of this process holds for {longest} at most."
        yield error("DG769", message, suggestion=f"give a day up to {last}, or leave --until out")


def _same_live(ground: Ground, criterion: Criterion) -> OverrideRequest | None:
    names, deal = names_of(criterion, ground.judge.former), ground.deal
    for one in ground.on_record:
        here = (one.source, one.record, one.deal) == (ground.source, deal.record, deal.id)
        if here and one.criterion in names and ground.state(one) in LIVE:
            return one
    return None


def _needless(ground: Ground, criterion: Criterion) -> Iterator[Diagnostic]:
    verdicts = ground.judge.evaluate(ground.deal, ground.moment.as_of, moving=True)
    status = next(v.status for v in verdicts if v.criterion.id == criterion.id)
    words = {
        Status.MET: "is met",
        Status.NOT_APPLICABLE: "does not apply to this deal",
        Status.WAIVED: "is waived by an override that the source brought",
    }
    if status in words:
        hint = "go on without one; --anyway asks for it all the same"
        yield error("DG765", f"`{criterion.id}` {words[status]}: no override is needed.", suggestion=hint)


# ---------------------------------------------------------------- deciding


def may_approve(ground: Ground, request: OverrideRequest, approver: str, until: date | None) -> list[Diagnostic]:
    """Why a person may not approve a request until a day; nothing where it may be."""
    found = [*_name(approver), *_step(ground, request, "approved")]
    if found:
        return found
    criterion = ground.criterion(request.criterion)
    if criterion is None:
        message = f"The process {ground.judge.process.id} has no criterion `{request.criterion}` any more."
        return [error("DG760", message, suggestion=f"deny it: `dealgate override deny {request.id}`")]
    if ground.who.same(approver, request.requester):
        message = "Who asked for an override cannot approve it."
        found.append(error("DG767", message, suggestion="let somebody else with the role approve it"))
    elif ground.owns(approver) or (request.owner and ground.who.same(approver, request.owner)):
        message = "The deal's owner cannot approve an override on it."
        found.append(error("DG767", message, suggestion="let somebody else with the role approve it"))
    found += _role(ground, approver)
    found += _endless(ground)
    found += _day(ground, until)
    return [*found, *_cap(ground, request.criterion, request.owner or ground.owner)]


def approved_until(ground: Ground, request: OverrideRequest, until: date | None) -> date:
    """The last day of an approval today: the one given, else the one asked for; at most as the process says."""
    assert ground.rule.expires is not None
    last = ground.moment.calendar.shift(ground.moment.today, ground.rule.expires)
    asked = request.until if request.until is not None and request.until >= ground.moment.today else None
    return min(until or asked or last, last)


def may_deny(ground: Ground, request: OverrideRequest, by: str, why: str) -> list[Diagnostic]:
    """Why a person may not deny a request."""
    found = [*_name(by), *_step(ground, request, "denied")]
    return found or [*_words(ground, why, "--why"), *_role(ground, by)]


def may_revoke(ground: Ground, request: OverrideRequest, by: str, why: str) -> list[Diagnostic]:
    """Why a person may not revoke an override, or withdraw a request: who asked, and the owner, always may."""
    found = [*_name(by), *_step(ground, request, "revoked")]
    if found:
        return found
    own = ground.who.same(by, request.requester) or ground.owns(by)
    return [*_words(ground, why, "--why"), *(() if own else _role(ground, by))]


def _step(ground: Ground, request: OverrideRequest, what: str) -> Iterator[Diagnostic]:
    state = ground.state(request)
    if what not in MAY_FOLLOW.get(state, ()):
        hint = "ask anew with `dealgate override request`" if state != "approved" else "revoke it, and ask anew"
        yield error("DG771", f"{request.id} is {state}: it cannot be {what}.", suggestion=hint)
    elif ground.moment.as_of < (request.steps[-1] if request.steps else request).at:
        message = f"{request.id} has something on record that is dated later than this."
        yield error("DG771", message, suggestion="leave --as-of out")


def _role(ground: Ground, person: str) -> Iterator[Diagnostic]:
    """The role that the deal's amount asks for, or a higher one."""
    approvers = sorted(ground.rule.approvers, key=lambda one: (one[0] is None, one[0] or 0))
    if not approvers:
        message = "The process names nobody who may approve an override."
        yield error("DG768", message, suggestion="add `overrides: {approvers: [{role: manager}]}` to it")
        return
    amount = _amount(ground)
    if amount is None:
        enough, why = [approvers[-1][1]], "the deal's amount is not known in the process's currency"
    else:
        enough = [role for limit, role in approvers if limit is None or amount <= limit]
        why = "the deal's amount asks for it"
    if not enough:
        message = "The deal's amount is above all that the process lets anybody approve."
        yield error("DG768", message, suggestion="add an approver without `up_to` to the process")
        return
    if not ground.authority.of(person, ground.owner, ground.who) & {*enough, ADMIN}:
        wanted = enough[0] if len(enough) == 1 else f"{', '.join(enough[:-1])} or {enough[-1]}"
        message = f"The role {wanted} is needed for this, for {why}."
        hint = "roles are given under `roles` and `teams` in dealgate.yaml; a team's manager is one for those below"
        yield error("DG768", message, suggestion=hint)


def _amount(ground: Ground) -> int | Decimal | None:
    amount = ground.deal.fields.get("amount")
    return ground.moment.minor(amount) if isinstance(amount, Money) else None


def _cap(ground: Ground, criterion: str, owner: str) -> Iterator[Diagnostic]:
    """The cap of the process, where the approvals of the period have reached it."""
    cap = ground.rule.cap
    if cap is None or cap["at_most"] is None:
        return
    per, every, most = cap["per"], cap["in"], cap["at_most"]
    calendar, process = ground.moment.calendar, ground.judge.process.id
    first, last = calendar.period(ground.moment.today, every)
    count = 0
    for one in ground.on_record:
        approval = one.approval
        if approval is None or one.playbook.partition("@")[0] != process:
            continue
        inside = first <= approval.at.astimezone(calendar.zone).date() <= last
        count += inside and _counts(ground, per, one, criterion, owner)
    if count >= most:
        times = "once" if most == 1 else f"{most} times"
        message = f"The cap is reached: at most {times} a {every} per {per}, and {count} were approved since {first}."
        hint = f"meet the criterion, or wait until {last} has passed; if it is reached often, the rule may be wrong"
        yield error("DG770", message, suggestion=hint)


def _counts(ground: Ground, per: str, one: OverrideRequest, criterion: str, owner: str) -> bool:
    if per == "deal":
        return (one.source, one.record, one.deal) == (ground.source, ground.deal.record, ground.deal.id)
    if per == "criterion":
        known = ground.criterion(criterion)
        return one.criterion == criterion or (known is not None and known == ground.criterion(one.criterion))
    if per == "team":
        team = ground.authority.team_of
        return team(one.owner, ground.who) == team(owner, ground.who)
    return ground.who.same(one.owner, owner) or not (one.owner or owner)
