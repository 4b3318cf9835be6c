"""A deal's record: its life cut at ``as_of``, with everything the rep wrote down on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from random import Random

from dealgate.simulate import captured
from dealgate.simulate.accounts import Account
from dealgate.simulate.days import DAY, day_of, pick, stamp, working_moment
from dealgate.simulate.history import amounts, as_money, change_records, close_dates
from dealgate.simulate.leaking import Leak, let_through
from dealgate.simulate.life import Life, Visit, draw_truth, live, quality
from dealgate.simulate.parameters import (
    NEEDS,
    NO_REASON,
    NOT_SYNCED,
    POST_SALE,
    PROPOSAL,
    SEGMENTS,
    STAGES,
    Habit,
    Record,
    bounded,
)
from dealgate.simulate.proof import gather
from dealgate.simulate.reps import Rep, Roster
from dealgate.simulate.texts import OUTCOME_NOTES, PLACEHOLDERS, PRODUCTS
from dealgate.simulate.touches import talk

_LEFT_OUT = ("contacts", "activities", "evidence", "line_items", "plan_steps", "changes")
_NONE_LEFT = -1


@dataclass(slots=True)
class Scene:
    """What all deals share: the stream of chance, the last known moment, minor digits of the money, the team, and the
    stage that leaks with a stream of its own."""

    rng: Random
    until: int
    digits: int
    roster: Roster
    evidence_matters: bool
    leak: Leak | None
    leak_rng: Random


@dataclass(slots=True)
class Start:
    """How a deal begins."""

    id: str
    created: int
    stage: int
    rep: Rep
    account: Account
    channel: str
    source: str
    lead: str = ""


def make_deal(scene: Scene, start: Start) -> tuple[Record, Record]:
    """The record of one deal and its hidden truth. Marks the account as customer from the first won deal."""
    rng, until, rep = scene.rng, scene.until, start.rep
    habit = rep.habit
    share, list_price = _price(rng, start.account.segment, scene.digits)
    size = SEGMENTS[start.account.segment][4] * (0.85 + 0.3 * share)
    truth = draw_truth(rng, {"referral": 0.07, "outbound": -0.02}.get(start.channel, 0.0))
    life = live(rng, start.created, start.stage, habit, rep.skill, truth, size, scene.evidence_matters)
    owners = _owners(scene, life, rep)
    owner = next(who for since, who in reversed(owners) if since <= until)
    if life.status == "won":
        life.visits.append(Visit(POST_SALE, life.closed, life.closed + (50 + int(rng.random() * 60)) * DAY))
        life.quiet = life.visits[-1].left

    status, closed, reason = _state(life, until)
    reached, stage = captured.reached_by(life, until)
    known = min(until, life.quiet)
    asks = owner.habit
    warmth = sum(truth.values()) / len(truth)
    contacts, activities, last = talk(rng, life, habit, warmth, start.account.segment, start.account.name, until)
    evidence = gather(rng, life, truth, habit, rep.name, until)

    usual = sum(each.days for each in STAGES[start.stage : POST_SALE]) * size * 1.3
    ends = life.closed if life.closed <= until else until
    dates = close_dates(rng, asks, life, usual, min(ends, life.quiet))
    dates = [step for step in dates if not any(lost <= step[0] < again for lost, again in life.spells)]
    if closed and (status == "won" or rng.random() < 0.9):
        dates.append((closed, closed // DAY))
    if rng.random() < 0.05:
        dates = dates[1:]
    percent = _discount(rng, habit.discount)
    money = [step for step in amounts(rng, habit, life, list_price, percent, scene.digits) if step[0] <= until]

    record: Record = {
        "id": start.id,
        "name": "",
        "pipeline": "default",
        "stage": STAGES[stage].id,
        "status": status,
        "created_at": stamp(start.created),
        "channel": start.channel,
        "segment": SEGMENTS[start.account.segment][0],
        "region": start.account.region,
        "account.id": start.account.record["account.id"],
    }
    product = pick(rng, PRODUCTS)
    record["name"] = f"{start.account.name} {product}"
    if rng.random() < 0.95:
        record["source"] = start.source
    if rng.random() < 0.93:
        record["product"] = product
    customer = 0 < start.account.customer_since < start.created
    record["deal_type"] = pick(rng, ("expansion", "expansion", "renewal")) if customer else "new"
    if start.lead:
        record["lead"] = start.lead
    record.update(owner.record)

    amount = money[-1][1] if money else _NONE_LEFT
    if amount != _NONE_LEFT:
        record["amount"] = as_money(amount, scene.digits)
    if dates:
        record["close_date"] = date.fromordinal(dates[-1][1])
    captured.prose(rng, record, habit, reached)
    _figures(rng, record, evidence, list_price, reached, scene.digits, bounded(habit.fill))
    held = [row for row in activities if row["held"] and row["two_way"]]
    captured.offer(rng, record, habit, life, (list_price, max(amount, 0), scene.digits), held, until)
    captured.forecast(rng, record, asks, stage, status)
    if status in ("open", "lost"):
        captured.next_step(rng, record, asks, stage, min(known, closed or known), until)
    if closed:
        _outcome(rng, record, status, closed, reason, until, asks)

    record["contacts"] = contacts
    record["activities"] = activities
    record["evidence"] = evidence
    priced = reached >= PROPOSAL and amount > 0 and rng.random() < 0.9
    cut = record.get("discount", captured.PERCENT[0])
    record["line_items"] = (
        captured.line_items(rng, record.get("product", "Core"), amount, scene.digits, cut) if priced else []
    )
    record["plan_steps"] = captured.plan(rng, habit, life, contacts, reached, until)
    record["visits"] = visit_records(life, until)
    names = [(since, who.name) for since, who in owners]
    record["changes"] = change_records(rng, life, dates, money, names, scene.digits, until)
    touched = [start.created, last, closed, *(v.entered for v in life.visits if v.entered <= until)]
    changed = record["changes"][-1]["at"] if record["changes"] else record["created_at"]
    record["updated_at"] = max(stamp(max(touched)), changed)
    leaked = "" if scene.leak is None else let_through(scene.leak_rng, scene.leak, record, life)
    for name in _LEFT_OUT:
        if rng.random() < NOT_SYNCED:
            del record[name]
    if status == "won" and not start.account.customer_since:
        start.account.customer_since = closed
    return record, {
        **truth,
        "habit": habit.id,
        "skill": rep.skill,
        "quality": quality(truth),
        "rep": rep.record["owner.id"],
        "outcome": life.status,
        "ends_on": day_of(life.closed),
        "leaked": leaked,
    }


def _price(rng: Random, segment: int, digits: int) -> tuple[float, int]:
    """Where in its segment's range a deal lies (0 to 1), and its list price in minor units."""
    low, high = SEGMENTS[segment][3]
    share = rng.random()
    price = low * math.exp(share * math.log(high / low))
    return share, round(price / 5) * 5 * 10**digits


def _discount(rng: Random, mean: float) -> int:
    percent = int(rng.expovariate(1 / mean)) if rng.random() < 0.75 else 0
    return min(40, percent // 5 * 5 if rng.random() < 0.6 else percent)


def _owners(scene: Scene, life: Life, rep: Rep) -> list[tuple[int, Rep]]:
    """Who owned the deal since when. Where the owner left it is handed over, or lies about until it is cleaned up."""
    rng = scene.rng
    owners = [(life.visits[0].entered, rep)]
    gone = rep.left * DAY
    if gone >= life.closed or gone > scene.until or gone <= owners[0][0]:
        return owners
    if rng.random() < 0.75 or not scene.evidence_matters:
        moment = working_moment(rng, rep.left + 1 + int(rng.random() * 9))
        heirs = [who for who in scene.roster.on(moment // DAY) if who is not rep and who.left * DAY > life.closed]
        if heirs:
            owners.append((max(gone, min(moment, life.closed - 1)), pick(rng, heirs)))
            return owners
    kept = [visit for visit in life.visits if visit.entered < gone]
    life.visits[:] = kept
    life.spells[:] = [spell for spell in life.spells if spell[1] < gone]
    life.closed = working_moment(rng, rep.left + 60 + int(rng.random() * 200))
    kept[-1].left = life.closed
    life.quiet = min(life.quiet, gone)
    life.status, life.reason = "lost", "no-decision"
    return owners


def _state(life: Life, until: int) -> tuple[str, int, str]:
    """Status, moment of closing (0 if open) and reason, as known at ``until``."""
    if life.closed <= until:
        return life.status, life.closed, life.reason
    for lost, again in life.spells:
        if lost <= until < again:
            return "lost", lost, "timing"
    return "open", 0, ""


def _figures(
    rng: Random, record: Record, evidence: list[Record], list_price: int, reached: int, digits: int, fill: float
) -> None:
    """Amounts the buyer named."""
    unit = 10**digits
    named = any(piece.get("element") == "bant.budget" and piece["from_buyer"] for piece in evidence)
    if named and rng.random() < 0.8:
        record["budget_amount"] = as_money(int(list_price * (0.7 + 0.6 * rng.random()) / unit) * unit, digits)
    if reached >= NEEDS and rng.random() < fill * 0.85:
        record["impact_amount"] = as_money(int(list_price * (0.5 + 4 * rng.random()) / unit) * unit, digits)


def _outcome(rng: Random, record: Record, status: str, closed: int, reason: str, until: int, habit: Habit) -> None:
    record["closed_on"] = day_of(closed)
    if status == "won":
        captured.after_sale(rng, record, habit, closed, until)
    elif status == "lost" and rng.random() > NO_REASON:
        record["outcome_reason"] = reason
    if status != "cancelled" and rng.random() < 0.6:
        notes = OUTCOME_NOTES["won" if status == "won" else reason]
        record["outcome_note"] = pick(rng, PLACEHOLDERS) if rng.random() < 0.08 else pick(rng, notes)


def visit_records(life: Life, until: int) -> list[Record]:
    """Stage visits by ``until``. The last one has no ``left``: a closed deal keeps the stage it closed in."""
    seen = [visit for visit in life.visits if visit.entered <= until]
    rows: list[Record] = [
        {"stage": STAGES[visit.stage].id, "entered": stamp(visit.entered), "left": stamp(visit.left)} for visit in seen
    ]
    if rows:
        del rows[-1]["left"]
    return rows
