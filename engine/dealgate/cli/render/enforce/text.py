"""A plan for a person: ``+`` what comes, ``~`` what changes, ``-`` what is taken back; and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ....model.currencies import MINOR_DIGITS
from ....model.values import Money
from ....sync.actions import KINDS, Leaked, Plan, Planned
from ....sync.apply import Applied
from ..clean import one_line
from ..explain import wrapped
from ..width import width

_WORDS = {
    "move_stage": ("move back", "moves back"), "set_fields": ("deal gets fields", "deals get fields"),
    "create_task": ("task", "tasks"), "note": ("note", "notes"),
}  # fmt: skip
_ASKED = {"move_stage": "a move back", "set_fields": "fields", "create_task": "a task", "note": "a note"}
_SIGNS = {"move_stage": "-", "set_fields": "~", "create_task": "+", "note": "+"}
_LONGEST = 40


def plan(made: Plan) -> str:
    """The plan: what it rests on, each deal with what is done about it and why, and the sums."""
    book = made.playbook
    when = f"as of {made.as_of:%Y-%m-%d %H:%M} UTC"
    deals = {"all": "all deals", "changed": "deals that changed"}[made.scope]
    lines = [f"Plan for {one_line(made.source)}: {one_line(book['id'])} {one_line(book['version'])}, {when}"]
    lines += wrapped(f"Looked at {made.looked_at:,} ({deals}). {_limits(made)}", width(), "")
    for actions in _by_deal(made.actions):
        lines += ["", *_deal(actions)]
    lines += _leaks("Past a gate, for the manager", made.for_the_manager)
    lines += _leaks("Past a gate, only told", [leak for leak in made.leaks if leak.then == "told"])
    return "\n".join([*lines, "", *_sums(made)])


def applied(done: Applied) -> str:
    """What became of a plan: what was not done, each with why, and the sums."""
    counts = Counter(one.outcome for one in done.results)
    lines: list[str] = []
    deal = None
    for one in done.refused:
        action = one.action
        said = f"{one.outcome}: {one.text}" if one.text else one.outcome
        lines += [f"! {_who(action)}"] if action.deal != deal else []
        deal = action.deal
        lines += wrapped(f"    {_head(action)}: {one_line(said)}", width(), "      ")
    words = {
        "done": "done", "already": "done before", "conflict": "in conflict", "rejected": "rejected",
        "forbidden": "forbidden", "left": "still to do",
    }  # fmt: skip
    told = [f"{counts[kind]:,} {word}" for kind, word in words.items() if counts[kind]]
    lines += wrapped(
        f"{one_line(done.plan.source)}: {', '.join(told) if told else 'nothing was to be done'}.", width(), ""
    )
    for row in done.unsure:
        what = _WORDS[row.item.kind][0]
        said = (
            f"{row.item.deal}: of an earlier plan, {what} was asked for; whether it was done is not known. Look at it."
        )
        lines += wrapped(f"? {one_line(said)}", width(), "    ")
    if done.stopped == "limit":
        lines += wrapped(f"The limit of {done.writes:,} writes a run is reached. Run it again to go on.", width(), "")
    elif done.stopped:
        when = f" It may be asked again at {done.retry_at:%Y-%m-%d %H:%M:%S} UTC." if done.retry_at else ""
        why = "The CRM asks us to wait." if done.stopped == "throttled" else "The CRM failed."
        lines += wrapped(f"{why}{when} Run it again then: it goes on where it stood.", width(), "")
    return "\n".join(lines)


def _limits(made: Plan) -> str:
    held = made.allowed
    reverts = f"{held['reverts_per_deal']} a deal" if held["reverts"] else "off"
    told = f"Tasks: {held['tasks']}; notes: {'on' if held['notes'] else 'off'}; moves back: {reverts}"
    told += f"; writes a run: {held['at_most']:,}"
    told += f"; no harder than {held['mode']}" if held["mode"] != "block" else ""
    return f"{told}."


def _by_deal(actions: Sequence[Planned]) -> Iterator[list[Planned]]:
    found: dict[str, list[Planned]] = {}
    for action in actions:
        found.setdefault(action.deal, []).append(action)
    yield from found.values()


def _who(one: Planned | Leaked) -> str:
    parts = [one.deal, one.name, _money(one.amount), one.owner]
    return ", ".join(one_line(part) for part in parts if part)


def _money(amount: Mapping[str, str] | None) -> str | None:
    if amount is None:
        return None
    minor = int(Decimal(amount["amount"]).scaleb(MINOR_DIGITS[amount["currency"]]))
    from ....compile.words import value

    return value(Money(minor, amount["currency"]))


def _deal(actions: Sequence[Planned]) -> Iterator[str]:
    yield _who(actions[0])
    for action in actions:
        yield from wrapped(f"  {_SIGNS[action.kind]} {_head(action)}", width(), "    ")
        if action.kind == "set_fields":
            for change in action.changes:
                told = f"{change.crm_field}: {_value(change.before)} → {_value(change.after)}"
                yield from wrapped(f"      {one_line(told)}", width(), "        ")
        yield from wrapped("      " + one_line(f"{action.reason}{_where(action)}"), width(), "      ")


def _head(action: Planned) -> str:
    if action.kind == "move_stage":
        return f"move back: {one_line(action.origin)} → {one_line(action.to)}"
    if action.kind == "set_fields":
        return "fields"
    if action.kind == "create_task":
        return f"task: {one_line(action.subject)}"
    return f"note: {one_line((action.body or '').splitlines()[0])}"


def _where(action: Planned) -> str:
    places = dict.fromkeys(f"{one['id']}, {one['where']}" for one in action.criteria)
    return f" ({'; '.join(places)})" if places and action.kind != "set_fields" else ""


def _value(value: Any) -> str:
    if value is None or value == "":
        return "–"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _leaks(title: str, leaks: Sequence[Leaked]) -> Iterator[str]:
    if not leaks:
        return
    yield from ("", f"{title}:")
    for leak in leaks:
        yield f"! {_who(leak)}"
        by = f" by {leak.by}" if leak.by else ""
        channel = f" through {leak.channel}" if leak.channel else ""
        gaps = "; ".join([*(str(one["title"]) for one in leak.criteria), *leak.rules])
        told = f"{leak.origin} → {leak.to} on {leak.at:%Y-%m-%d %H:%M} UTC{by}{channel}; {leak.why}. Missing: {gaps}"
        yield from wrapped(f"    {one_line(told)}", width(), "    ")


def _sums(made: Plan) -> Iterator[str]:
    if not made.actions:
        yield "Nothing is to be written."
    else:
        counts = Counter(action.kind for action in made.actions)
        told = [f"{counts[kind]:,} {_WORDS[kind][counts[kind] != 1]}" for kind in KINDS if counts[kind]]
        deals = {action.deal: action for action in made.actions}
        owners = Counter(action.owner or "nobody" for action in deals.values())
        yield from wrapped(f"{len(made.actions):,} writes on {len(deals):,} deals: {', '.join(told)}.", width(), "")
        if amounts := _amounts(deals.values()):
            yield f"Amounts of these deals: {amounts}."
        named = [f"{one_line(owner)} {n:,}" for owner, n in owners.most_common(8)]
        more = len(owners) - len(named)
        yield from wrapped(f"Owners: {', '.join(named)}{f' and {more:,} more' if more > 0 else ''}.", width(), "")
    for kind, n in made.unable.items():
        yield from wrapped(f"Left out, for the adapter of this CRM cannot: {n:,} {_WORDS[kind][n != 1]}.", width(), "")


def _amounts(actions: Iterable[Planned]) -> str:
    sums: dict[str, Decimal] = {}
    for action in actions:
        if action.amount is not None:
            code = action.amount["currency"]
            sums[code] = sums.get(code, Decimal(0)) + Decimal(action.amount["amount"])
    return ", ".join(str(_money({"amount": str(total), "currency": code})) for code, total in sorted(sums.items()))
