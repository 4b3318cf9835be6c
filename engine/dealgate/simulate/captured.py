"""The fields a rep fills in, or does not, or fills with a placeholder; the plan to close and the line items."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from random import Random

from dealgate.simulate.days import DAY, day_of, pick, stamp, weekday, working_moment
from dealgate.simulate.history import as_money
from dealgate.simulate.life import Life
from dealgate.simulate.parameters import (
    CATEGORIES,
    CLOSE,
    DISCOUNT_LIMIT,
    NEEDS,
    PROPOSAL,
    PROSPECTING,
    STAGES,
    Habit,
    Record,
    bounded,
)
from dealgate.simulate.texts import ADD_ONS, NEXT_STEPS, PLACEHOLDERS, PROSE

PERCENT = tuple(Fraction(n, 100) for n in range(101))


def entered_at(life: Life, stage: int, until: int) -> int:
    """The moment of the first entry into that stage by ``until``, or 0."""
    return next((v.entered for v in life.visits if v.stage == stage and v.entered <= until), 0)


def prose(rng: Random, record: Record, habit: Habit, reached: int) -> None:
    """Free text that is due by the stage reached."""
    fill, nothing = bounded(habit.fill), bounded(habit.placeholder)
    for name, (due, sentences) in PROSE.items():
        if due <= reached and rng.random() < (fill if due < reached else fill * 0.65):
            record[name] = pick(rng, PLACEHOLDERS) if rng.random() < nothing else pick(rng, sentences)


def forecast(rng: Random, record: Record, habit: Habit, stage: int, status: str) -> None:
    """Category and probability as the rep calls them, the stage's where nobody called."""
    if status != "open":
        record["forecast_category"] = "closed" if status == "won" else "omitted"
        record["probability"] = PERCENT[100 if status == "won" else 0]
        return
    category = STAGES[stage].category
    if rng.random() < bounded(abs(habit.grade)):
        category += 1 if habit.grade > 0 or (habit.grade == 0 and rng.random() < 0.5) else -1
    if rng.random() < 0.95:
        record["forecast_category"] = CATEGORIES[min(3, max(0, category))]
    percent = STAGES[stage].probability
    if rng.random() < 0.15:
        percent = min(95, max(5, percent + 5 * (int(rng.random() * 9) - 4)))
    record["probability"] = PERCENT[percent]


def next_step(rng: Random, record: Record, habit: Habit, stage: int, end: int, until: int) -> None:
    """What happens next, as it stood at ``end``: agreed, stale, a placeholder or nothing."""
    nothing = bounded(habit.placeholder)
    if rng.random() < bounded(habit.next_step):
        what, who = pick(rng, NEXT_STEPS[stage])
        record["next_step"] = pick(rng, PLACEHOLDERS) if rng.random() < nothing else what
        record["next_step_by"] = who
        if rng.random() < 0.9:
            ahead = (
                1 + int(rng.random() * 12) if rng.random() < bounded(habit.redate + 0.1) else -int(rng.random() * 15)
            )
            day = max(weekday(end // DAY + ahead), record["created_at"].toordinal())
            record["next_step_on"] = date.fromordinal(day)
            if who == "both" and day > until // DAY and rng.random() < 0.75:
                record["next_meeting_at"] = stamp(working_moment(rng, day))
    elif rng.random() < 0.25:
        record["next_step"] = pick(rng, PLACEHOLDERS)


def offer(
    rng: Random, record: Record, habit: Habit, life: Life, price: tuple[int, int, int], held: list[Record], until: int
) -> None:
    """Discount, approval and proposal dates; ``price`` is list price and present amount in minor units, and digits."""
    list_price, amount, digits = price
    sent = entered_at(life, PROPOSAL, until) or entered_at(life, CLOSE, until)
    for row in held:
        if row["type"] == "demo" and "demo_on" not in record:
            record["demo_on"] = row["at"].date()
        if row["type"] == "proposal_review" and "proposal_reviewed_on" not in record:
            record["proposal_reviewed_on"] = row["at"].date()
    if not sent:
        return
    fill = bounded(habit.fill)
    record["list_amount"] = as_money(list_price, digits)
    cut = min(60, max(0, round(100 - 100 * amount / list_price))) if amount else 0
    if rng.random() < fill + 0.05:
        record["discount"] = PERCENT[cut]
    if cut > DISCOUNT_LIMIT and rng.random() < fill - 0.1:
        record["approved_discount"] = PERCENT[cut if rng.random() < 0.9 else DISCOUNT_LIMIT]
        record["discount_approved"] = rng.random() < 0.95
    day = weekday(sent // DAY + 1 + int(rng.random() ** 2 * 9))
    if day <= min(until, life.quiet) // DAY and rng.random() < fill:
        record["proposal_sent_on"] = date.fromordinal(day)
        record["proposal_version"] = f"v{1 + int(rng.random() * rng.random() * 5)}"
    if rng.random() < fill * 0.9:
        record["decision_date"] = date.fromordinal(weekday(day + 7 + int(rng.random() * 25)))


def line_items(rng: Random, product: str, amount: int, digits: int, cut: Fraction) -> list[Record]:
    """One to three items; their sum is the amount, but for the few that somebody forgot to change."""
    if rng.random() < 0.06:
        amount += amount // 20
    parts = [amount]
    for _ in range(int(rng.random() * 3)):
        part = parts[0] * (5 + int(rng.random() * 15)) // 100
        parts[0] -= part
        parts.append(part)
    items = [
        {"product": product if at == 0 else ADD_ONS[at - 1], "quantity": 1, "amount": as_money(part, digits)}
        for at, part in enumerate(parts)
    ]
    items[0]["quantity"] = 1 + int(rng.random() * 40)
    items[0]["discount"] = cut
    return items


_STEPS = (
    ("technical", "both", "Trial with their data"),
    ("business", "buyer", "Steering group decides"),
    ("security", "buyer", "Security questionnaire answered"),
    ("legal", "buyer", "Contract read"),
    ("procurement", "buyer", "Purchase order issued"),
    ("signature", "buyer", "Contract signed"),
    ("onboarding", "seller", "Onboarding planned"),
)


def plan(rng: Random, habit: Habit, life: Life, people: list[Record], reached: int, until: int) -> list[Record]:
    """Steps of the plan to close, some late, some nobody's."""
    if reached < NEEDS or rng.random() > bounded(habit.fill - 0.05):
        return []
    begun = entered_at(life, reached, until) or life.visits[0].entered
    end = min(until, life.quiet)
    keeps_time = bounded(habit.redate)
    steps: list[Record] = []
    day = begun // DAY
    for kind, side, title in _STEPS[: 3 if reached == NEEDS else 7]:
        if rng.random() < 0.3:
            continue
        day = weekday(day + 2 + int(rng.random() * 6))
        step: Record = {"type": kind, "side": side, "title": title}
        if rng.random() < 0.93:
            step["due"] = date.fromordinal(day)
        if rng.random() < bounded(habit.fill):
            step["contact_name"] = pick(rng, people)["name"]
        if day * DAY < end and rng.random() < keeps_time:
            step["done_on"] = date.fromordinal(max(begun // DAY, min(day + int(rng.random() * 4) - 2, end // DAY)))
        steps.append(step)
    return steps


def after_sale(rng: Random, record: Record, habit: Habit, won: int, until: int) -> None:
    """What is known of a won deal by ``until``; starts and renewals may lie ahead."""
    fill = bounded(habit.fill)
    today = until // DAY
    if rng.random() < 0.96:
        record["signed_on"] = day_of(won)
    start = weekday(won // DAY + 7 + int(rng.random() * 30))
    if rng.random() < fill + 0.05:
        record["starts_on"] = date.fromordinal(start)
        if rng.random() < 0.85:
            record["renewal_date"] = date.fromordinal(start + 365)
    if rng.random() < fill:
        record["handoff_pack"] = pick(rng, PLACEHOLDERS) if rng.random() < habit.placeholder else "Handoff pack, shared"
    if rng.random() < fill - 0.1:
        record["success_baseline"] = f"{4 + int(rng.random() * 80)} % today"
    kickoff = weekday(won // DAY + 2 + int(rng.random() * 10))
    if kickoff <= today and rng.random() < 0.88:
        record["kickoff_on"] = date.fromordinal(kickoff)
        value = weekday(kickoff + 10 + int(rng.random() * 50))
        if value <= today and rng.random() < 0.7:
            record["first_value_on"] = date.fromordinal(value)
            if rng.random() < 0.6:
                record["reference_answer"] = pick(rng, ("asked", "agreed", "declined", "agreed"))


def reached_by(life: Life, until: int) -> tuple[int, int]:
    """The furthest stage and the present one, at the moment ``until``."""
    seen = [visit.stage for visit in life.visits if visit.entered <= until]
    return max(seen, default=PROSPECTING), seen[-1] if seen else PROSPECTING
