"""The workload as dealgate's own deals, and dealgate's answers in the order of ``criteria.NAMES``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dealgate
from dealgate.decide.playbook import Playbook
from dealgate.model.deal import Deal
from dealgate.model.verdict import Status, Verdict

from .criteria import NAMES, REQUIRED
from .workload import AS_OF, DATES, Row

PROCESS = Path(__file__).with_name("process.yaml")
DAY = date(1970, 1, 1) + timedelta(days=AS_OF)

NAMES_HERE = {
    "next_step_date": "next_step_on",
    "demo_date": "demo_on",
    "proposal_sent_date": "proposal_sent_on",
    "discount_pct": "discount",
    "approved_discount_pct": "approved_discount",
    "owner_active": "owner.active",
    # the catalogue's forecast_category is derived from the stage where it is missing; here missing is missing
    "forecast_category": "forecast_call",
    "industry": "account.industry",
    "pain": "pain_statement",
    # `na` would be placeholder text in a choice that does not declare it
    "region": "sales_region",
}
ROLES_HERE = {"exec": "executive_sponsor", "decision_maker": "decision_owner"}
PER_HUNDRED = {"discount_pct", "approved_discount_pct"}

ANSWERS: dict[Status, bool | None] = {Status.MET: True, Status.UNMET: False, Status.UNKNOWN: None}


def record(row: Row) -> dict[str, Any]:
    """A row as a record in the process's own fields: dates as dates, percents as exact fractions."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if value is None:
            continue
        if name == "contacts":
            value = [{**c, "role": ROLES_HERE.get(c["role"], c["role"])} for c in value]
        elif name in DATES:
            value = date(1970, 1, 1) + timedelta(days=value)
        elif name in PER_HUNDRED:
            value = Decimal(repr(value)) / 100
        out[NAMES_HERE.get(name, name)] = value
    return out


class Process:
    """The bench's process, loaded as anyone loads one, and where its verdicts stand in ``NAMES``."""

    def __init__(self, path: Path = PROCESS) -> None:
        self.playbook: Playbook = dealgate.load(path)
        ids = [k.id.partition(".")[2] for k in self.playbook.process.criteria]
        self.places = [ids.index(name.replace("_", "-")) for name in NAMES]
        self._numbers = {self.playbook.process.criteria[place].id: n for n, place in enumerate(self.places)}
        self._required = {stage: tuple(self.places[n] for n in required) for stage, required in REQUIRED.items()}

    def deal(self, row: Row) -> Deal:
        """A row as a typed deal; every value of it fits."""
        deal = self.playbook.deal(record(row))
        if deal.unfit:
            raise ValueError(f"values that do not fit: {dict(deal.unfit)}")
        return deal

    def answers(self, verdicts: Sequence[Verdict]) -> list[bool | None]:
        """True, False or None for each of ``NAMES``."""
        return [ANSWERS[verdicts[place].status] for place in self.places]

    def number(self, verdict: Verdict) -> int:
        """Where a verdict's criterion stands in ``NAMES``."""
        return self._numbers[verdict.criterion.id]

    def unmet(self, verdicts: Sequence[Verdict], stage: str | None) -> list[Verdict]:
        """The verdicts of what the stage requires that are not met."""
        required = [verdicts[place] for place in self._required[stage or ""]]
        return [verdict for verdict in required if verdict.status is not Status.MET]

    def ready(self, verdicts: Sequence[Verdict], stage: str | None) -> bool:
        """Whether the deal may leave its stage."""
        for place in self._required[stage or ""]:
            if verdicts[place].status is not Status.MET:
                return False
        return True
