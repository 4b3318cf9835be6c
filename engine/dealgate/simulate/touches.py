"""Contacts at the buyer, and the activities with them."""

from __future__ import annotations

from random import Random

from dealgate.simulate.days import DAY, day_of, pick, stamp, within
from dealgate.simulate.life import Life
from dealgate.simulate.parameters import CLOSE, NEEDS, POST_SALE, PROPOSAL, STAGES, Habit, Record, bounded
from dealgate.simulate.people import TITLES, address, person
from dealgate.simulate.texts import SUBJECTS

_FIRST_ROLES = ("champion", "influencer", "user", "champion", "decision_owner", "other")
_LATER_ROLES = (
    ("influencer", "user", "champion"),
    ("decision_owner", "economic_buyer", "influencer", "user"),
    ("decision_owner", "economic_buyer", "executive_sponsor", "influencer", "security"),
    ("decision_owner", "economic_buyer", "executive_sponsor", "procurement", "blocker"),
    ("legal", "procurement", "economic_buyer"),
    ("user", "other"),
)
# by stage: kinds of activity, as often as they stand here
_KINDS = (
    ("email", "email", "email", "call", "call", "message", "meeting"),
    ("email", "email", "call", "call", "meeting", "meeting", "note"),
    ("email", "meeting", "meeting", "demo", "call", "email", "task"),
    ("email", "email", "proposal_review", "proposal_review", "call", "meeting", "demo", "task"),
    ("email", "email", "call", "call", "meeting", "message"),
    ("meeting", "email", "call", "meeting", "note"),
)
_TWO_WAY = {"email": 0.35, "call": 0.55, "meeting": 0.97, "demo": 0.97, "proposal_review": 0.95, "message": 0.4}


def new_contact(rng: Random, role: str, company: str) -> Record:
    """A person at the buyer, of whom nobody has heard yet."""
    name = person(rng)
    contact: Record = {"name": name, "role": role, "engaged": False, "two_way": False}
    if rng.random() < 0.9:
        contact["email"] = address(name, company)
    title = pick(rng, TITLES[role])
    if title:
        contact["title"] = title
    if rng.random() < 0.06:
        del contact["role"]
    return contact


def talk(
    rng: Random,
    life: Life,
    habit: Habit,
    warmth: float,
    segment: int,
    company: str,
    until: int,
) -> tuple[list[Record], list[Record], int]:
    """Contacts, activities up to the moment ``until`` in order, and the moment of the last activity.

    ``warmth`` (0 to 1) is how readily this buyer answers; larger segments bring in more people.
    """
    contacts = [new_contact(rng, pick(rng, _FIRST_ROLES), company)]
    rows: list[tuple[int, Record]] = []
    heard: dict[int, int] = {}
    thread = bounded(habit.thread) * (0.85 + 0.15 * segment)
    reached = -1
    for visit in life.visits:
        if visit.entered > until:
            break
        stage = visit.stage
        if stage > reached:
            roles = _LATER_ROLES[stage]
            while len(contacts) < 9 and rng.random() < (thread if stage < POST_SALE else 0.2):
                contacts.append(new_contact(rng, pick(rng, roles), company))
                if rng.random() < 0.5:
                    break
            reached = stage
        end = min(visit.left, until, life.quiet)
        if end <= visit.entered:
            continue
        weeks = (end - visit.entered) / (7 * DAY)
        expected = STAGES[stage].touches * habit.touch * min(weeks, 8.0)
        count = int(expected + rng.random() * 1.6)
        for _ in range(count):
            moment = within(rng, visit.entered, end)
            if life.spells and any(lost <= moment < again for lost, again in life.spells):
                continue
            who = 0 if rng.random() < 0.45 else int(rng.random() * len(contacts))
            row, answered = _activity(rng, stage, moment, str(contacts[who]["name"]), warmth)
            if answered:
                heard[who] = max(heard.get(who, 0), moment)
            rows.append((moment, row))
    rows.sort(key=lambda pair: pair[0])
    last = rows[-1][0] if rows else 0
    for who, moment in heard.items():
        contacts[who]["two_way"] = True
        contacts[who]["engaged"] = last - moment < 30 * DAY
        contacts[who]["last_two_way_on"] = day_of(moment)
    return contacts, [row for _, row in rows], last


def _activity(rng: Random, stage: int, moment: int, name: str, warmth: float) -> tuple[Record, bool]:
    kind = pick(rng, _KINDS[stage])
    row: Record = {"type": kind, "at": stamp(moment), "subject": pick(rng, SUBJECTS[kind])}
    if kind in ("task", "note"):
        row |= {"two_way": False, "held": True}
        return row, False
    row["contact_name"] = name
    if kind == "email" and rng.random() < 0.25:
        row |= {"automated": True, "two_way": False, "held": True, "direction": "out"}
        return row, False
    held = kind in ("email", "message") or rng.random() < 0.88
    answered = held and rng.random() < min(0.97, _TWO_WAY[kind] * (0.7 + 0.6 * warmth))
    row |= {"automated": False, "two_way": answered, "held": held}
    if answered and stage < CLOSE:
        row["next_step_agreed"] = rng.random() < (0.7 if stage in (NEEDS, PROPOSAL) else 0.5)
    row["direction"] = "in" if answered and rng.random() < 0.5 else "out"
    return row, answered
