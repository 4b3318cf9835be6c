"""A document of targets becomes checked quotas and targets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from dealgate.model.calendar import Calendar
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Diagnostic, error
from dealgate.model.metrics import METRICS
from dealgate.model.targets import Quota, Span, Target, Targets
from dealgate.model.values import Duration, Money, money, parse_decimal, parse_duration, parse_percent

from ..conditions.raw import did_you_mean, refuse, shape, text
from ..nodes import Node, Scalar
from .quota_table import quotas_of_table
from .reader import Reader


class Goal(NamedTuple):
    """A target's value, and whether it was written as a percentage."""

    value: Decimal | Money | Duration
    percent: bool = False


def build_targets(node: Node, folder: Path, wrong: list[Diagnostic], calendar: Calendar | None = None) -> Targets:
    """The targets of a whole document; ``folder`` is where its table is looked for.

    ``calendar``: that of the process, by which days of a table lie in periods; without it two days of one period are
    not found to be one. What does not hold is reported and left out.
    """
    reader = Reader(node, wrong)
    named = reader.get("currency")
    currency = None if named is None else reader.take(None, _code, named)
    quotas: list[Quota] = []
    for item in reader.items("quotas"):
        quota = _quota(Reader(item, wrong), currency)
        if quota is not None:
            quotas.append(quota)
    targets = [made for item in reader.items("targets") if (made := _target(Reader(item, wrong), currency))]
    table = reader.get("from")
    if table is not None:
        more_quotas, more_targets = quotas_of_table(Reader(table, wrong), folder, currency, goal_of)
        quotas += more_quotas
        targets += more_targets
    return Targets(
        reader.text("id"),
        reader.text("title", reader.text("id")),
        reader.text("version"),
        currency,
        tuple(_once(quotas, calendar, wrong)),
        tuple(targets),
        at=reader.where,
    )


def _quota(reader: Reader, currency: str | None) -> Quota | None:
    span, amount = _span(reader), reader.get("amount")
    if amount is None:
        return None
    held = reader.take(None, _amount, amount, currency)
    if span is None or held is None:
        return None
    return Quota(
        span,
        held[0],
        held[1],
        owner=reader.text("owner") or None,
        team=reader.text("team") or None,
        title=reader.text("title"),
        note=reader.text("note"),
        at=reader.where,
    )


def _target(reader: Reader, currency: str | None) -> Target | None:
    named, value = reader.get("metric"), reader.get("value")
    if named is None or value is None:
        return None
    place = reader.take(None, metric_place, named)
    goal = reader.take(None, _goal, value, currency)
    span = _span(reader)
    if place is None or goal is None or (span is None and reader.get("period") is not None):
        return None
    stage, metric, measure = place
    return Target(
        metric,
        goal.value,
        goal.percent,
        measure=measure,
        stage=reader.text("stage") or stage,
        owner=reader.text("owner") or None,
        team=reader.text("team") or None,
        span=span,
        direction=reader.word("direction", ("higher", "lower"), "higher"),
        title=reader.text("title"),
        note=reader.text("note"),
        at=reader.where,
    )


def _code(node: Node) -> str:
    word = text(node, "a currency", node)
    if word not in MINOR_DIGITS:
        refuse("DG209", f"`{word}` is no currency of ISO 4217.", node, did_you_mean(word, MINOR_DIGITS))
    return word


def _span(reader: Reader) -> Span | None:
    node = reader.get("period")

    def read(node: Node) -> Span:
        word = text(node, "a period, such as 2026, 2026-Q4 or 2026-11", node)
        found = Span.of(word)
        if found is None:
            refuse("DG242", f"There is no period `{word}`.", node, "write it as 2026, 2026-Q4 or 2026-11")
        return found

    return None if node is None else reader.take(None, read, node)


def _amount(node: Node, currency: str | None) -> tuple[Decimal, str | None]:
    word = text(node, "an amount, such as 50000 or 50000 EUR", node)
    found = amount_of(word, currency)
    if found is None:
        refuse("DG209", f"`{word}` is no amount.", node, "write it as 50000 or 50000.50 EUR")
    if found[0] < 0:
        refuse("DG209", "A quota is not below nothing.", node)
    return found


def amount_of(word: str, currency: str | None) -> tuple[Decimal, str | None] | None:
    """Major units and their currency, of ``50000`` or ``50000.50 EUR``; None where it is no amount of the currency."""
    number, _, code = word.strip().partition(" ")
    found = parse_decimal(number)
    code = code or (currency or "")
    if found is None or (code and money(found, code) is None):
        return None
    return found, code or None


def metric_place(node: Node) -> tuple[str | None, str, str | None]:
    """Stage, metric and measure of ``metric``, ``stage.metric``, ``metric.measure`` or ``stage.metric.measure``."""
    word = text(node, "a metric", node)
    parts = word.split(".")
    place = next((n for n, part in enumerate(parts[:2]) if part in METRICS), None)
    if place is None or len(parts) > place + 2:
        hint = did_you_mean(parts[0], METRICS) or did_you_mean(parts[-1], METRICS)
        refuse(
            "DG241", f"There is no metric `{word}`.", node, hint or "`dealgate metrics --list` tells which there are"
        )
    return parts[0] if place else None, parts[place], parts[place + 1] if len(parts) > place + 1 else None


def _goal(node: Node, currency: str | None) -> Goal:
    if not isinstance(node, Scalar):
        shape(node, "a number, an amount, a percentage or a duration")
    found = goal_of(node.text, currency)
    if found is None:
        message = f"`{node.text}` is no number, amount, percentage or duration."
        refuse("DG204", message, node, "write it as 12, 15%, 50000 EUR or 14 days")
    return found


def goal_of(word: str, currency: str | None) -> Goal | None:
    """A target's value as written; None where it is none. A bare number is one, and no amount."""
    if (number := parse_decimal(word)) is not None:
        return Goal(number)
    if (share := parse_percent(word)) is not None:
        return Goal(share, percent=True)
    if (duration := parse_duration(word)) is not None:
        return Goal(duration)
    amount = amount_of(word, currency)
    held = money(amount[0], amount[1]) if amount is not None and amount[1] else None
    return None if held is None else Goal(held)


def _once(quotas: list[Quota], calendar: Calendar | None, wrong: list[Diagnostic]) -> list[Quota]:
    """The quotas, each owner's or team's only once for a period; a second one is reported where it stands."""
    again = doubled(quotas, calendar)
    wrong += again.values()
    return [quota for place, quota in enumerate(quotas) if place not in again]


def doubled(quotas: Sequence[Quota], calendar: Calendar | None) -> dict[int, Diagnostic]:
    """By place, the quotas of whom and when another one before is already; ``calendar``: as for ``build_targets``."""
    first: dict[tuple[object, ...], Quota] = {}
    found = {}
    for place, quota in enumerate(quotas):
        when = quota.span if calendar is None else quota.span.days(calendar)
        key = (_plain(quota.owner), None if quota.owner else _plain(quota.team), when)
        other = first.setdefault(key, quota)
        if other is not quota:
            whose = "owner" if quota.owner else "team" if quota.team else "whole company"
            there = f"line {other.at.line}" + (f" of {other.at.file}" if other.at.file != quota.at.file else "")
            message = f"This {whose} has a quota for {quota.span.name} already; the first stands at {there}."
            found[place] = error("DG243", message, quota.at, "Keep one of the two.")
    return found


def _plain(name: str | None) -> str | None:
    return None if name is None else name.strip().casefold()
