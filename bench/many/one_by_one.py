"""Engines that judge one deal at a time, asked for every deal in turn; what they gave is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import polars as pl

from .. import baselines
from ..criteria import NAMES as CRITERION_NAMES
from ..criteria import ready
from ..deals import DAY, Process
from ..peers import Peer, peers
from ..tables import Deals
from ..workload import Row
from . import OURS_PYTHON, READY, Contender

_BY_HAND = "by hand, three values, one by one"
_PEERS = tuple(peers())
NAMES = (OURS_PYTHON, _BY_HAND, *(f"{peer.NAME}, one by one" for peer in _PEERS))
NEEDS = ("polars",)
MOST, MOST_OF_PEERS = 10_000, 1_000
"""Ten times the deals take ten times as long: more would tell nothing new."""


def contenders(deals: Deals) -> Iterator[Contender]:
    """Ours, Python by hand, and every peer."""
    if deals.count > MOST:
        return
    yield Contender(OURS_PYTHON, lambda: _ours(Process(), deals.rows), _columns, MOST, exact=True)
    yield Contender(_BY_HAND, lambda: _by_hand(deals.rows), _columns, MOST)
    for peer, name in zip(_PEERS, NAMES[2:], strict=True):
        if deals.count <= MOST_OF_PEERS and find_spec(peer.NEEDS) is not None:
            yield Contender(name, _peer(peer, deals), _columns, MOST_OF_PEERS, two_valued=True)


def _by_hand(rows: list[Row]) -> Callable[[], Any]:
    return lambda: [baselines.answers(row) for row in rows]


def _ours(process: Process, rows: list[Row]) -> Callable[[], Any]:
    deals = [process.deal(row) for row in rows]
    evaluate, answers, is_ready = process.playbook.evaluate, process.answers, process.ready

    def run() -> Any:
        out = []
        for deal in deals:
            verdicts = evaluate(deal, as_of=DAY)
            out.append((answers(verdicts), is_ready(verdicts, deal.stage)))
        return out

    return run


def _peer(peer: Peer, deals: Deals) -> Callable[[], Callable[[], Any]]:
    def prepare() -> Callable[[], Any]:
        judge, rows = peer.prepare(), deals.rows
        return lambda: [(found := judge(row), ready(found, row)) for row in rows]  # type: ignore[arg-type]

    return prepare


def _columns(result: list[tuple[list[bool | None], bool]]) -> pl.DataFrame:
    records = [[*found, is_ready] for found, is_ready in result]
    return pl.DataFrame(records, schema=dict.fromkeys((*CRITERION_NAMES, READY), pl.Boolean), orient="row")
