"""Being asked to end, by SIGTERM or SIGINT: one way for all that runs by itself."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Ending:
    """Whether the process is to end. What a signal does here takes no lock: it comes in the middle of anything."""

    def __init__(self, heard: socket.socket, told: socket.socket) -> None:
        """``heard`` can be read from once ``told`` was written to."""
        self._heard, self._told = heard, told
        self._asked = False
        self._then: list[Callable[[], object]] = []

    def asked(self) -> bool:
        """Whether it is."""
        return self._asked

    def ask(self) -> None:
        """It is, from now on."""
        self._asked = True
        with suppress(OSError):
            self._told.send(b"\0")
        for one in self._then:
            one()

    def then(self, call: Callable[[], object]) -> None:
        """Calls this when it is asked to end, at once if it was."""
        self._then.append(call)
        if self._asked:
            call()

    def wait(self, seconds: float) -> None:
        """Waits so long, or until it is asked to end."""
        if not self._asked:
            select.select([self._heard], [], [], seconds)


@contextmanager
def asked_to_end() -> Iterator[Ending]:
    """Hears SIGTERM and SIGINT while the block runs. A second one of a kind ends the process as usual."""
    heard, told = socket.socketpair()
    told.setblocking(False)
    ending = Ending(heard, told)
    before: dict[int, Any] = {}

    def ask(number: int, _frame: Any) -> None:
        signal.signal(number, before[number] or signal.SIG_DFL)
        ending.ask()

    with heard, told:
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                before[number] = signal.signal(number, ask)
        except ValueError:
            before.clear()  # not the main thread: whoever started it ends it
        try:
            yield ending
        finally:
            for held, old in before.items():
                signal.signal(held, old or signal.SIG_DFL)
