"""How long the client of adapters waits while a fake never ends its answer: briefly then, and as usual at all other times,
for a limit of a second on every request fails on a busy machine."""

from __future__ import annotations

from dealgate_adapters import _http

USUAL = (_http.LONGEST, _http.SILENCE)


def shortened() -> None:
    """For clients that are made from now on."""
    _http.LONGEST, _http.SILENCE = 0.6, 1.0


def restored() -> None:
    _http.LONGEST, _http.SILENCE = USUAL
