"""Values that rules learn from the past: how long won deals stood in a stage, and from there took to the win."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from ..history.days import local_day
from ..history.past import History
from ..metrics.figure import NoValue
from ..metrics.quantiles import quantile as quantile_of
from ..model.inspection import LEARNED, Figure

_CLOSED = ("won", "lost")


class Learner:
    """Learns of one history, as of its moment: what is asked for twice is worked out once.

    Only what has ended is learned from; deals still open would make every time longer, and are not in it.
    """

    def __init__(self, history: History) -> None:
        self._history, self._zone = history, history.process.calendar.zone
        self._known: dict[str, pl.DataFrame] = {}
        self.told: dict[tuple[str, Decimal, str | None], Mapping[str, Figure]] = {}

    def __call__(self, what: str, quantile: Decimal, by: str | None, least: int) -> Mapping[str, Figure]:
        """The quantile of what is asked, by the field's value. Raises KeyError for what is not in ``LEARNED``."""
        if what not in LEARNED:
            raise KeyError(what)
        if what not in self._known:
            self._known[what] = getattr(self, f"_{what}")()
        values = self._known[what]
        parts: dict[str, list[int]] = {"": values["days"].to_list()}
        if by is not None:
            parts = {str(key): part["days"].to_list() for (key,), part in values.group_by(by, maintain_order=True)}
        found = {key: _figure(days, quantile, least) for key, days in parts.items()}
        self.told[what, quantile, by] = found
        return found

    def _closed(self) -> pl.DataFrame:
        """``deal``, ``status``, ``closed``: deals that are won or lost, and when they became so at last."""
        last = self._history.statuses.unique("deal", keep="last", maintain_order=True)
        last = last.filter(pl.col("status").is_in(_CLOSED), pl.col("since").is_not_null())
        return last.select("deal", "status", closed=self._days(last["since"]))

    def _stays(self) -> pl.DataFrame:
        """``deal``, ``stage``, ``entered``, ``left`` of the stays of won deals in stages of the open pipeline."""
        won = self._closed().filter(pl.col("status") == "won")
        seen = self._history.visits.filter(pl.col("rank").is_not_null(), pl.col("entered").is_not_null())
        seen = seen.with_columns(entered=self._days(seen["entered"]), left=self._days(seen["left"]))
        return seen.join(won, on="deal", maintain_order="left")

    def _won_days_in_stage(self) -> pl.DataFrame:
        stays = self._stays().filter(pl.col("left").is_not_null())
        return stays.select("stage", days=(pl.col("left") - pl.col("entered")).dt.total_days())

    def _won_days_to_close(self) -> pl.DataFrame:
        first = self._stays().unique(["deal", "stage"], keep="first", maintain_order=True)
        days = (pl.col("closed") - pl.col("entered")).dt.total_days()
        return first.select("stage", days=days).filter(pl.col("days") >= 0)

    def _closed_cycle(self) -> pl.DataFrame:
        begun = self._history.begun.drop_nulls()
        begun = begun.select("deal", begun=self._days(begun["at"]))
        both = self._closed().join(begun, on="deal", maintain_order="left")
        return both.select(days=(pl.col("closed") - pl.col("begun")).dt.total_days()).filter(pl.col("days") >= 0)

    def _days(self, moments: pl.Series) -> pl.Series:
        return local_day(moments, self._zone)


def _figure(days: list[int], quantile: Decimal, least: int) -> Figure:
    if len(days) < least:
        return Figure(None, len(days))
    found = quantile_of(days, quantile)
    if isinstance(found, NoValue):
        return Figure(None, 0)
    seconds = Fraction(found) * 86400
    return Figure(timedelta(seconds=seconds.numerator // seconds.denominator), len(days))
