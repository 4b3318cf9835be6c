"""Leads: from the first sign of interest to a deal, to a reason, or to nobody's hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from dealgate.simulate.accounts import Account
from dealgate.simulate.days import DAY, day_of, pick, stamp, weekday, working_moment
from dealgate.simulate.parameters import NOT_SYNCED, SEGMENTS, Record, bounded
from dealgate.simulate.reps import Rep
from dealgate.simulate.texts import DISQUALIFIED, PLACEHOLDERS, PROSE, RECYCLED
from dealgate.simulate.touches import new_contact

LEAD_STAGES = ("new", "working", "accepted", "qualified")
NEW, WORKING, ACCEPTED, QUALIFIED = range(4)
_SOURCES = ("Call notes", "Email", "Web form", "")


@dataclass(slots=True)
class LeadStart:
    """How a lead begins; ``deal`` and ``converted`` say what became of it, empty and 0 where nothing did."""

    id: str
    created: int
    rep: Rep
    account: Account
    channel: str
    source: str
    deal: str = ""
    converted: int = 0


def make_lead(rng: Random, start: LeadStart, until: int) -> Record:
    """The record of one lead as known at the moment ``until``."""
    habit = start.rep.habit
    created, converted = start.created, start.converted
    steps, end = _path(rng, start, bounded(habit.fill))
    steps = [moment for moment in steps if moment <= until]
    stage = len(steps) - 1
    record: Record = {
        "id": start.id,
        "name": "",
        "stage": LEAD_STAGES[stage],
        "status": "open",
        "created_at": stamp(created),
        "channel": start.channel,
        "segment": SEGMENTS[start.account.segment][0],
        "region": start.account.region,
        "account.id": start.account.record["account.id"],
    }
    contact = new_contact(rng, pick(rng, ("user", "champion", "influencer", "decision_owner")), start.account.name)
    record["name"] = f"{contact['name']}, {start.account.name}"
    if rng.random() < 0.92:
        record["source"] = start.source
    record.update(start.rep.record)
    last = steps[-1]
    activities: list[tuple[int, Record]] = []
    if stage >= WORKING:
        record["first_human_touch_at"] = stamp(steps[WORKING])
        activities = _talk(rng, steps, min(converted or end or until, until), contact, stage >= ACCEPTED)
        last = max(last, activities[-1][0])
        if rng.random() < bounded(habit.fill):
            nothing = rng.random() < habit.placeholder
            record["topic"] = pick(rng, PLACEHOLDERS if nothing else PROSE["topic"][1])
    if stage >= ACCEPTED:
        record["accepted"] = True
        record["accepted_on"] = day_of(steps[ACCEPTED])
        record["accepted_by"] = start.rep.name
    if stage == QUALIFIED and rng.random() < bounded(habit.fill):
        nothing = rng.random() < habit.placeholder
        record["pain_statement"] = pick(rng, PLACEHOLDERS if nothing else PROSE["pain_statement"][1])
    if stage >= ACCEPTED and not end and rng.random() < bounded(habit.next_step):
        meeting = working_moment(rng, (converted or last) // DAY + 1 + int(rng.random() * 9))
        record["next_meeting_at"] = stamp(meeting)
    if converted:
        record |= {"status": "won", "converted_to": start.deal, "converted_at": stamp(converted)}
        record["closed_on"] = day_of(converted)
        last = max(last, converted)
    elif end and end <= until:
        _leave(rng, record, stage, end, bounded(habit.fill))
        last = max(last, end)
    record["updated_at"] = stamp(last)
    record["contacts"] = [contact]
    record["activities"] = [row for _, row in activities]
    record["evidence"] = _evidence(rng, start, steps, stage, bounded(habit.ask))
    record["visits"] = [
        {"stage": LEAD_STAGES[at], "entered": stamp(moment)}
        | ({"left": stamp(steps[at + 1])} if at + 1 < len(steps) else {})
        for at, moment in enumerate(steps)
    ]
    for name in ("activities", "evidence"):
        if rng.random() < NOT_SYNCED:
            del record[name]
    return record


def _path(rng: Random, start: LeadStart, fill: float) -> tuple[list[int], int]:
    """Moments of entry into each stage (uncut), and when it was closed without a deal (0: never)."""
    created, converted = start.created, start.converted
    if converted:
        span = converted - created - 4
        raw = sorted(created + int(span * rng.random() ** (2 if at == 0 else 1)) for at in range(3))
        steps = [created]
        for at, moment in enumerate(raw):
            snapped = working_moment(rng, moment // DAY)
            steps.append(min(max(steps[-1] + 1, snapped), converted - 3 + at))
        return steps, 0
    roll = rng.random()
    if roll < 0.14 + 0.1 * (1 - fill):
        return [created], 0  # nobody ever calls
    if rng.random() < 0.45 * fill:
        touch = created + 4 + int(rng.random() * 180)
    else:
        touch = max(created + 5, working_moment(rng, created // DAY + int(rng.random() ** 2 * 12)))
    steps = [created, touch]
    for chance, days in ((0.32, 14), (0.35, 10)):
        if rng.random() > chance:
            break
        steps.append(max(steps[-1] + 1, working_moment(rng, steps[-1] // DAY + 1 + int(rng.random() * days))))
    closes = rng.random() < 0.82
    end = working_moment(rng, steps[-1] // DAY + 2 + int(rng.random() * 40)) if closes else 0
    return steps, max(end, steps[-1] + 1) if end else 0


def _talk(rng: Random, steps: list[int], end: int, contact: Record, answered: bool) -> list[tuple[int, Record]]:
    """The tries to reach somebody, the first of them the first human touch."""
    moments = [steps[WORKING]]
    for _ in range(int(rng.random() * 4) + (1 if answered else 0)):
        moment = working_moment(rng, moments[-1] // DAY + 1 + int(rng.random() * 6))
        if moment > end:
            break
        moments.append(moment)
    name = contact["name"]
    rows = []
    for at, moment in enumerate(moments):
        both = (answered and at == len(moments) - 1) or rng.random() < 0.15
        row: Record = {
            "type": "email" if rng.random() < 0.5 else "call",
            "at": stamp(moment),
            "two_way": both,
            "held": both or rng.random() < 0.7,
            "automated": False,
            "direction": "in" if both and rng.random() < 0.5 else "out",
            "contact_name": name,
            "subject": "First contact" if at == 0 else "Following up",
        }
        if both:
            row["next_step_agreed"] = rng.random() < 0.5
            contact |= {"two_way": True, "engaged": True, "last_two_way_on": day_of(moment)}
        rows.append((moment, row))
    return rows


def _leave(rng: Random, record: Record, stage: int, end: int, fill: float) -> None:
    """Closed without a deal: disqualified, or recycled with a day to look again."""
    record |= {"status": "lost", "closed_on": day_of(end)}
    recycled = rng.random() < 0.4
    reasons = RECYCLED if recycled else DISQUALIFIED
    reason = pick(rng, tuple(reasons))
    if rng.random() < 0.94:
        record["outcome_reason"] = reason
    text = pick(rng, PLACEHOLDERS) if rng.random() < 0.06 else pick(rng, reasons[reason])
    if not recycled:
        record["disqualified_reason"] = text
        return
    if rng.random() < fill:
        record["recycle_reason"] = text
    if rng.random() < fill:
        record["revisit_on"] = date.fromordinal(weekday(end // DAY + 60 + int(rng.random() * 150)))


def _evidence(rng: Random, start: LeadStart, steps: list[int], stage: int, ask: float) -> list[Record]:
    rows: list[Record] = []
    looked_up = steps[WORKING] if stage >= WORKING else start.created
    for name in ("firmographic", "technographic", "trigger", "exclusion"):
        if rng.random() < (0.85 if stage >= WORKING else 0.35):
            level = 1 + int(rng.random() * 3) if stage < ACCEPTED else 2 + int(rng.random() * 2)
            row: Record = {"element": f"icp.{name}", "level": level, "from_buyer": False, "source": "Data provider"}
            if name == "exclusion" and rng.random() < 0.03:
                row["answer"] = "no"
            if rng.random() < 0.96:
                row["dated"] = day_of(looked_up)
            rows.append(row)
    if stage >= ACCEPTED:
        asked = rng.random() < ask
        if asked or rng.random() < 0.5:
            level = 2 + (rng.random() < 0.2) if asked else 1
            rows.append(
                {
                    "element": "bant.need",
                    "level": int(level),
                    "dated": day_of(steps[ACCEPTED]),
                    "from_buyer": asked,
                    "by": start.rep.name,
                    "source": pick(rng, _SOURCES),
                }
            )
    if stage == QUALIFIED and rng.random() < ask:
        invited = day_of(steps[QUALIFIED])
        rows.append({"type": "accepted-invitation", "level": 2, "dated": invited, "from_buyer": True})
    return rows
