"""How long reading and judging took, as a line for stderr."""

from __future__ import annotations


def line(deals: int, read: float | None, judged: float) -> str:
    """``read`` and ``judged`` in seconds; ``read`` None: deals were judged as they were read, or where they are."""
    many = f"{deals:,} deal{'' if deals == 1 else 's'}"
    if read is None:
        return f"{many} read and judged in {_seconds(judged)}{_rate(deals, judged)}."
    return f"{many} read in {_seconds(read)}{_rate(deals, read)}, judged in {_seconds(judged)}{_rate(deals, judged)}."


def _seconds(took: float) -> str:
    return f"{took:,.1f} s" if took >= 1 else f"{took:.3f} s"


def _rate(deals: int, took: float) -> str:
    """Two digits say enough."""
    if not deals or took <= 0:
        return ""
    rate = float(f"{deals / took:.2g}")
    return f" ({rate / 1e6:,.1f} million a second)" if rate >= 1e6 else f" ({rate:,.0f} a second)"
