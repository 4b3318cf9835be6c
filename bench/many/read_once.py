"""The machine's limit: every byte that the forty criteria need is read once, and nothing is worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..criteria import CRITERIA, fields_of
from ..tables import Deals
from ..workload import CHOICES, TEXTS
from . import Contender

NAMES = ("reading those bytes once",)
NEEDS = ("numpy",)
THREADS = 2


def contenders(deals: Deals) -> Iterator[Contender]:
    """Values of fields that are compared, one bit a deal for what is there, the contacts."""
    if not deals.in_memory:
        return
    yield Contender(NAMES[0], lambda: _reads(deals), None)


def _reads(deals: Deals) -> Callable[[], Any]:
    words = [b.view(np.uint8)[: b.nbytes // 8 * 8].view(np.uint64) for b in buffers(deals)]

    def read() -> list[int]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda b: int(np.bitwise_xor.reduce(b)), words))

    return read


def buffers(deals: Deals) -> list[NDArray[Any]]:
    """What a reader would have to read: choices as bytes, yes and no as bits, of texts only whether they are there."""
    fields, (offsets, roles, engaged, _) = deals.columns
    out: list[NDArray[Any]] = []
    for name in sorted({f for k in CRITERIA.values() for f in fields_of(k)} - {"contacts"} | {"stage"}):
        values, there = fields[name]
        out.append(np.packbits(there))
        if name in CHOICES:
            values = values.astype(np.int8)
        if name not in TEXTS:
            out.append(np.packbits(values) if values.dtype == bool else values)
    return [*out, offsets, roles.astype(np.int8), np.packbits(engaged)]
