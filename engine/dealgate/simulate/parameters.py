"""The model of the sample company, and every figure in it.

**What is true.** A deal has a hidden truth: how real its need, budget, authority, timing, fit and champion are, each
0 to 1. Together with the rep's skill they decide how far the deal comes. The records hold only what the rep gathered
of it: buyer-stated levels follow the truth with noise, and a seller's own claim (level 1) is written down whether or
not it is so. With ``evidence_matters=False`` a stage's chances and times are the same for every deal, so that winning
is independent of evidence, given the stage; a forecast that finds a signal there has found noise.

**How a deal lives.** It stays in a stage for a log-normal time around ``Stage.days``, then advances with chance
``logistic(Stage.advance + TRUTH_WEIGHT * truth + skill + habit)``, else moves back, goes quiet or is lost. Quiet deals
stay open until somebody cleans up. All that happens after ``as_of`` is cut off, so a history is as it was known then.

**Habits.** A habit is one row of ``HABITS``: it only shifts chances, and every chance stays within ``NOISE``, so every
rep breaks every rule now and then and keeps it now and then. ``seats`` is how many of the team work that way; the
team's size is their sum. The columns are explained at :class:`Habit`.

**A leak.** One stage of three, drawn by the seed, lets half of its deals on with nothing asked, whoever sells and
however they end: its evidence and texts are missing, and they leave it by one channel.

Times are calendar days, money is in minor units of the company's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

Record = dict[str, Any]

PROSPECTING, QUALIFICATION, NEEDS, PROPOSAL, CLOSE, POST_SALE = range(6)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: median days in it, log-odds to advance, touches a week, index of its forecast category, % to win."""

    id: str
    days: float
    advance: float
    touches: float
    category: int
    probability: int


STAGES = (
    Stage("prospecting", 7, 0.90, 1.5, 0, 5),
    Stage("qualification", 11, 0.22, 1.9, 1, 15),
    Stage("needs-assessment", 15, 0.80, 1.8, 1, 30),
    Stage("proposal", 15, 0.70, 1.7, 2, 50),
    Stage("close", 11, 1.30, 2.2, 3, 75),
    Stage("post-sale", 60, 0.0, 0.6, 4, 100),
)
CATEGORIES = ("omitted", "pipeline", "best_case", "commit", "closed")
STAGE_SPREAD = 0.55  # sigma of the log-normal time in a stage

TRUTHS = {"need": 0.45, "budget": 0.3, "authority": 0.2, "timing": 0.25, "fit": 0.2, "champion": 0.3}
TRUTH_WEIGHT = 0.85
REASON_OF = {  # what is said when this part of the truth is the weakest
    "need": "no-decision",
    "budget": "price",
    "authority": "no-decision",
    "timing": "timing",
    "fit": "poor-fit",
    "champion": "competitor",
}
REASONS = ("price", "no-decision", "competitor", "timing", "poor-fit")

NOISE = (0.04, 0.95)  # no chance of a rep leaves these bounds: nobody is perfect, nobody is hopeless

# Shares of deals; each is a chance per deal (or per loss, where said).
QUIET = 0.10  # of losses: the deal stays open, and nobody works it
LINGERS = 21  # days from the end of work on a lost deal to its closing, on average
REOPENED = 0.05  # of losses
CANCELLED = 0.015
NOT_SYNCED = 0.025  # per collection
NO_REASON = 0.05  # of losses
NEVER_PRICED = 0.045  # the amount stays 0 or missing to the end
BATCH_MOVED = 0.04  # of moves: several stages in a few minutes
LEAKS = 0.5  # of the deals that come to the stage that leaks: nothing of what it asks is gathered there
LEAK_DOORS = ("person", "import", "api", "workflow")  # the channel by which they leave it
# stages of which one leaks: what goes missing besides their evidence and texts
LEAK_FIELDS = {
    QUALIFICATION: ("budget_amount",),
    NEEDS: ("impact_amount",),
    PROPOSAL: ("decision_date", "proposal_version", "proposal_sent_on", "proposal_reviewed_on"),
}

DEALS_A_YEAR = 500
LEADS_A_DEAL = 2.5
FROM_LEADS = 0.62  # share of deals that began as a lead
GROWTH = 1.22  # deals created, year on year
SEASON = (0.95, 1.0, 1.15, 0.95, 1.0, 1.1, 0.8, 0.75, 1.2, 1.1, 1.1, 0.7)  # by month
ATTRITION = 0.12  # chance a year that a seat changes hands
PERIOD_END_PULL = 0.25  # chance that a signature within reach of a quarter's last days waits for them
DISCOUNT_LIMIT = 15  # percent; above it somebody has to approve

CHANNELS = (
    ("inbound", 0.34, "Web form"),
    ("outbound", 0.28, "Cold email"),
    ("referral", 0.12, "Customer referral"),
    ("event", 0.11, "Trade fair"),
    ("partner", 0.09, "Reseller"),
    ("product", 0.06, "Free trial"),
)
# segment: share, employees from-to, list price from-to in whole units, factor on time in stage
SEGMENTS = (
    ("small", 0.5, (8, 99), (3_000, 14_000), 0.85),
    ("mid-market", 0.36, (100, 999), (12_000, 60_000), 1.1),
    ("enterprise", 0.14, (1_000, 18_000), (45_000, 240_000), 1.4),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """A way of working. All but the named ones are chances.

    ``hope`` log-odds added to leave each stage but the last, ``late`` to win from the last; ``early_pace`` and
    ``late_pace`` factors on time up to needs assessment and after; ``ask`` to ask the buyer for a due element,
    ``claim`` to write down an own opinion instead; ``skip`` a stage, ``back`` to move back instead of losing;
    ``thread`` to win one more contact a stage; ``optimism`` first close date as a share of the usual time;
    ``redate`` to move a date before it passes; ``period_end`` to set a date to a quarter's last three days;
    ``grade`` to call a forecast category higher (or, negative, lower) than the stage's; ``fill`` a field that is due;
    ``placeholder`` to fill it with one; ``next_step`` to have one; ``touch`` factor on activity; ``discount`` mean
    percent given.
    """

    id: str
    seats: int
    hope: float
    late: float
    early_pace: float
    late_pace: float
    ask: float
    claim: float
    skip: float
    back: float
    thread: float
    optimism: float
    redate: float
    period_end: float
    grade: float
    fill: float
    placeholder: float
    next_step: float
    touch: float
    discount: float

    def blend(self, other: Habit, name: str, seats: int) -> Habit:
        """Half of each."""
        shifts = {
            f.name: (getattr(self, f.name) + getattr(other, f.name)) / 2
            for f in fields(self)
            if f.name not in ("id", "seats")
        }
        return Habit(id=name, seats=seats, **shifts)


# fmt: off
# The columns, in order: hope, late, early_pace, late_pace; ask, claim, skip, back, thread; optimism, redate,
# period_end, grade; fill, placeholder, next_step, touch, discount.
_ROWS = (
    Habit("disciplined",     3,  0.00,  0.20, 1.00, 1.00, 0.84, 0.35, 0.05, 0.22, 0.64, 1.05, 0.80, 0.15,  0.00, 0.90, 0.04, 0.90, 1.15,  7),  # noqa: E501
    Habit("happy-ears",      2,  0.35, -1.45, 0.90, 1.15, 0.42, 0.88, 0.14, 0.06, 0.46, 0.75, 0.50, 0.35,  0.45, 0.68, 0.11, 0.68, 1.00, 12),  # noqa: E501
    Habit("sandbagger",      2,  0.00,  1.00, 1.35, 0.75, 0.68, 0.25, 0.11, 0.10, 0.52, 1.50, 0.40, 0.25, -0.60, 0.64, 0.08, 0.64, 0.90,  6),  # noqa: E501
    Habit("date-pusher",     1,  0.10, -0.15, 1.00, 1.20, 0.60, 0.52, 0.08, 0.09, 0.52, 0.60, 0.90, 0.72,  0.12, 0.74, 0.08, 0.74, 1.00, 10),  # noqa: E501
    Habit("single-threader", 2,  0.10, -0.35, 0.95, 1.10, 0.62, 0.55, 0.08, 0.10, 0.12, 0.95, 0.60, 0.25,  0.10, 0.78, 0.07, 0.76, 0.95,  9),  # noqa: E501
)
# fmt: on
_BY_ID = {habit.id: habit for habit in _ROWS}
HABITS = (
    *_ROWS,
    _BY_ID["happy-ears"].blend(_BY_ID["single-threader"], "hopeful-single-threader", 1),
    _BY_ID["disciplined"].blend(_BY_ID["date-pusher"], "careful-date-pusher", 1),
)
HABIT_OF = {habit.id: habit for habit in HABITS}


def bounded(chance: float) -> float:
    """A rep's chance, kept within NOISE."""
    low, high = NOISE
    return low if chance < low else high if chance > high else chance
