"""Who judges many deals at once, one file each. A file here is found by itself; see ``Judges`` for what it holds.

Every contender gives the forty answers and "ready to leave its stage" of each deal. What it gave is read by
``answers`` into one shape: a frame in the order of the ids with a Boolean column for each of ``criteria.NAMES``, null
where unknown, and ``ready``. It is compared before anything is timed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import polars as pl

    from ..tables import Deals

READY = "ready"
CEILING = "Polars by hand, Enum columns"
CEILING_SCAN = "Polars by hand, Parquet with an Enum cast"
OURS_COLUMNS = "dealgate, columns"
OURS_SCAN = "dealgate, columns, from Parquet"
OURS_OPEN = "dealgate, columns, looked at first"
OURS_OPEN_SCAN = "dealgate, columns, from Parquet, looked at first"
OURS_SQL = "dealgate, SQL on DuckDB"
OURS_PYTHON = "dealgate, one by one"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to judge them all. ``most`` is how many deals it is asked to judge at most.

    ``prepare`` brings the deals into its own form and gives what is timed. ``answers`` is None where it gives none. A
    ``two_valued`` one is held to what is true. An ``exact`` one is not held to floats where amounts are equal to the
    cent (see ``tables.Deals.ties``).
    """

    name: str
    prepare: Callable[[], Callable[[], Any]]
    answers: Callable[[Any], pl.DataFrame] | None
    most: int = 1_000_000
    two_valued: bool = False
    exact: bool = False


@dataclass(slots=True)
class Found:
    """Everyone there is on this machine, and a line for each that is not."""

    contenders: list[Contender] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


class LeftOut(Exception):
    """Raised by ``contenders``: why nobody of this file takes part."""


class Judges(Protocol):
    """What a file of this folder holds."""

    NAMES: tuple[str, ...]
    """Whom ``contenders`` yields at most."""
    NEEDS: tuple[str, ...]
    """Modules that must be installed."""

    def contenders(self, deals: Deals) -> Iterator[Contender]:
        """Each with its name; nothing is prepared yet."""


def anyone(_contender: Contender) -> bool:
    """Wants everybody."""
    return True


def everyone(deals: Deals, wanted: Callable[[Contender], bool] = anyone) -> Found:
    """Whoever judges that many deals and is wanted, by file name."""
    found = Found()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        judges: Judges = importlib.import_module(f"{__name__}.{module.name}")
        missing = [name for name in judges.NEEDS if find_spec(name) is None]
        if missing:
            found.absent += [f"{name}: {', '.join(missing)} is not installed" for name in judges.NAMES]
            continue
        try:
            there = list(judges.contenders(deals))
        except LeftOut as reason:
            found.absent += [f"{name}: {reason}" for name in judges.NAMES]
            continue
        found.contenders += [c for c in there if deals.count <= c.most and wanted(c)]
    return found
