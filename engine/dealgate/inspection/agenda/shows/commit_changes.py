"""What changed in the commit since the last review: what came, went, was redated or changed its amount."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....compile.words import choice, value
from ....model.inspection import Item
from ....model.values import Money
from ..ground import Ground, point
from ..model import Filled

_FIELDS = ("forecast_category", "amount", "close_date")
_ASKS = {
    "came": "Which fact made it a commit?",
    "went": "What did we not know when we committed it?",
    "won": "What made them decide, and what do we do again?",
    "lost": "What did the buyer say, and when could we have known?",
    "date": "What changed for the buyer?",
    "amount": "What of the scope moved, and at whose wish?",
}


def fill(ground: Ground, item: Item) -> Filled:
    """Deals that were commit then or are now and are not as they were, the largest first."""
    history = ground.history
    known = [name for name in _FIELDS if name in history.fields]
    rows = {row["id"]: row for row in history.at(ground.before, *known).iter_rows(named=True)}
    now = {row["id"]: row for row in history.at(history.as_of, *known).iter_rows(named=True)}
    wanted, told = ground.taken(item)
    taken = {deal.id for deal in wanted}
    points, doubtful = [], 0
    for deal in sorted(ground.audience.deals, key=lambda one: (tuple(-n for n in ground.worth(one)), one.id)):
        if deal.id not in now or (deal.status == "open" and deal.id not in taken):
            continue
        before, after = rows.get(deal.id), now[deal.id]
        was, is_ = _commit(ground, before), _commit(ground, after)
        if was is None or is_ is None:
            doubtful += bool(was or is_)
            continue
        kind, why = _change(ground, before or {}, after, was=was, is_=is_)
        if kind:
            points.append(point(deal, why, item.question or _ASKS[kind]))
    if doubtful:
        told.append(f"{item.title}: of {doubtful} deals it is not known whether they were commit then.")
    since = value(ground.since)
    return Filled(points, f"Since {since}." if points else f"No commit changed since {since}.", told)


def _commit(ground: Ground, row: Mapping[str, Any] | None) -> bool | None:
    """Whether a deal was an open commit; None where nothing tells of that day."""
    if row is None or row["status"] != "open":
        return False
    if row.get("forecast_category") is not None:
        return None if row.get("forecast_category.assumed") else row["forecast_category"] == "commit"
    stage = ground.playbook.process.stage(row["stage"])
    return None if stage is None else stage.category == "commit"


def _change(
    ground: Ground, before: Mapping[str, Any], after: Mapping[str, Any], *, was: bool, is_: bool
) -> tuple[str, str]:
    """The kind of the change and its words; empty where there is none."""
    if is_ and not was:
        if before.get("status") not in (None, "open"):
            said = f"was {choice(str(before['status']))} before"
        else:
            said = f"was {choice(_category(ground, before))} before" if before else "a new deal"
        return "came", f"Came into commit: {said}."
    if was and not is_:
        status = after["status"]
        if status in ("won", "lost"):
            return status, f"It was commit, and is {status}."
        gone = choice(_category(ground, after)) if status == "open" else choice(str(status))
        return "went", f"Left the commit: now {gone}."
    if not was:
        return "", ""
    told, kind = [], ""
    if (old := _told(before, "close_date")) is not None and (new := after.get("close_date")) not in (None, old):
        kind = "date"
        told.append(f"close date {'pushed' if new > old else 'pulled in'} from {value(old)} to {value(new)}")
    if (sum_ := _money(ground, before)) is not None and (now := _money(ground, after)) not in (None, sum_):
        kind = kind or "amount"
        told.append(f"amount changed from {value(sum_)} to {value(now)}")
    text = " and ".join(told)
    return kind, f"{text[:1].upper()}{text[1:]}." if text else ""


def _category(ground: Ground, row: Mapping[str, Any]) -> str:
    stage = ground.playbook.process.stage(row.get("stage"))
    return str(row.get("forecast_category") or (stage.category if stage is not None else None) or "in no category")


def _told(row: Mapping[str, Any], name: str) -> Any:
    return None if row.get(f"{name}.assumed") else row.get(name)


def _money(ground: Ground, row: Mapping[str, Any]) -> Money | None:
    minor = _told(row, "amount")
    return None if minor is None else Money(minor, row.get("amount.currency") or ground.playbook.process.currency)
