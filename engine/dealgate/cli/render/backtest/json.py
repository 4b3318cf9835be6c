"""A backtest as one JSON object (``schemas/output/backtest.schema.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from ....decide.plain import plain_playbook
from ....forecast.backtest import Tested
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ....metrics.figure import NoValue
from ....metrics.reliability import Bin
from ...forecasting import major
from ...past import Past
from ..clean import dumps

SCORES = ("wape", "bias", "fva", "brier", "log_loss", "skill", "coverage", "pinball")


def render(
    tested: Tested, past: Past, snapshot: Snapshot, layers: Mapping[str, Mapping[str, Added]] = MappingProxyType({})
) -> str:
    """Every score, and every forecast with what came."""
    unit = snapshot.unit
    found: dict[str, Any] = {
        "as_of": snapshot.history.as_of.isoformat(),
        "playbook": plain_playbook(past.playbook),
        "unit": unit,
        "reconstructed": past.history.reconstructed,
        "periods": [[one.first.isoformat(), one.last.isoformat()] for one in tested.periods],
        "verdicts": dict(tested.verdicts),
        "scores": [
            {
                "method": one.method.id,
                "at": one.lag,
                "n": one.n,
                **{name: _share(getattr(one, name)) for name in SCORES},
                "reliability": [_bin(each) for each in one.curve],
            }
            for one in tested.scores
        ],
        "layers": [
            {"layer": name, "at": lag, "n": one.n, "wape": _share(one.error), "fva": _share(one.added)}
            for lag, held in layers.items()
            for name, one in held.items()
        ],
        "forecasts": [
            {
                "method": one.method,
                "at": one.lag,
                "period": one.period.first.isoformat(),
                "day": one.day.isoformat(),
                "forecast": None if one.said is None else major(one.said, unit),
                "p10": _told(one.outlook.low if one.outlook else None, unit),
                "p90": _told(one.outlook.high if one.outlook else None, unit),
                "actual": major(one.actual, unit),
                "reason": one.refused,
            }
            for one in tested.trials
        ],
    }
    return dumps(found, 1)


def _bin(one: Bin) -> dict[str, Any]:
    told = ("n", "chance", "came", "low", "high")
    ends = {"from": one.least, "to": one.most, "share": float(one.share)}
    return {name: getattr(one, name) for name in told} | ends


def _share(value: Fraction | float | NoValue) -> float | None:
    return None if isinstance(value, NoValue) else float(value)


def _told(minor: int | None, unit: str) -> str | None:
    return None if minor is None else major(minor, unit)
