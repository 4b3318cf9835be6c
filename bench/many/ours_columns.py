"""dealgate over columns: the public ``playbook.evaluate_frame(…, as_of=…)``, every status of every deal held.

Columns that are typed already (``Frames``, what its own sources give) are judged as they are, as those by hand are. Any
other frame is looked at first: text that is blank or a placeholder, choices that are none of the options, numbers that
are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from .. import frames
from ..deals import DAY, Process
from ..tables import Deals
from . import OURS_COLUMNS, OURS_OPEN, OURS_OPEN_SCAN, OURS_SCAN, Contender, LeftOut

NAMES = (OURS_COLUMNS, OURS_OPEN, OURS_SCAN, OURS_OPEN_SCAN)
NEEDS = ("polars", "pyarrow")


def contenders(deals: Deals) -> Iterator[Contender]:
    """In memory, and from a file. ``ready`` is read from the statuses: ``state`` follows the process's own stages."""
    process = Process()
    judge = evaluate_frame(process.playbook)
    from dealgate.compile.frames import Frames

    def held(typed: bool) -> Callable[[], Any]:
        frame: Any = deals.held("ours", lambda: frames.frame(deals, process))
        given = Frames(frame, {}) if typed else frames.as_users_have(frame)
        return lambda: judge(given, as_of=DAY)

    def scanned(typed: bool) -> Callable[[], Any]:
        path = frames.parquet(deals, process)

        def run() -> Any:
            scan: Any = pl.scan_parquet(path)
            return collected(
                judge(Frames(frames.typed(scan, process), {}) if typed else frames.as_users_have(scan), as_of=DAY)
            )

        return run

    def answers(result: pl.DataFrame) -> pl.DataFrame:
        return frames.answers(result, process, deals.stages)

    if deals.in_memory:
        yield Contender(OURS_COLUMNS, lambda: held(True), answers, exact=True)
        yield Contender(OURS_OPEN, lambda: held(False), answers, exact=True)
    yield Contender(OURS_SCAN, lambda: scanned(True), answers, most=deals.count, exact=True)
    yield Contender(OURS_OPEN_SCAN, lambda: scanned(False), answers, most=deals.count, exact=True)


def evaluate_frame(playbook: Any) -> Callable[..., Any]:
    """The public call. Raises LeftOut where this dealgate has none."""
    found: Callable[..., Any] | None = getattr(playbook, "evaluate_frame", None)
    if found is None:
        raise LeftOut("this dealgate has no Playbook.evaluate_frame")
    return found


def collected(result: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """The result, held in memory as that of the others is."""
    return result.collect() if isinstance(result, pl.LazyFrame) else result
