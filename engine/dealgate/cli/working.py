"""What works off the inbox: a thread that syncs a source when its CRM has told of a change."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..model.diagnostics import DealgateError
from ..sync.door import FAILED, LARGE, REFUSED, UNKNOWN
from ..sync.inbox import FULL, OLD, REPEATED
from ..sync.one import LOCKED
from .jobs import Stopped, ended_after
from .logs import mistake_of, words

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from ..documents.workspace import ConfiguredSource
    from ..sync.door import Door
    from ..sync.inbox import Inbox

AT_ONCE = 2_000
"""How many records are looked for after one sync."""
TRIES = 6
"""How often a record is looked for that the CRM told of and does not show in a pull."""
LONGEST = 300.0
"""Seconds: the longest wait after failures; the first is one, and each is twice the one before."""
_DOUBLED = 10
"""How often the wait is doubled; by then it is the longest."""
GRACE = 8.0
"""Seconds in which a sync may end when we are to stop. One that takes longer is left, and the next goes on there."""
BUSY = 1.0
"""Seconds until a source is tried again that another process is at work on: that is no failure."""
OFTEN = 60.0
"""Seconds between two lines about what was refused: a stranger must not write the log."""
DEBOUNCE = 0.05
"""Seconds after a call until what came is looked at: a burst comes as many."""
_SAID = {
    REPEATED: "came again and were dropped",
    REFUSED: "refused: not signed by the CRM, too old, or not to be read",
    OLD: "refused: signed more than a day ago, or ahead",
    LARGE: "refused: the body is too large",
    FULL: "sent away until later: too many wait",
    FAILED: "sent away until later: they could not be read or kept",
    UNKNOWN: "refused: there is no such source",
}


class Worker:
    """Works off what waits, source by source; each sync takes all that was told until then."""

    def __init__(
        self, sources: Mapping[str, ConfiguredSource], inbox: Inbox, door: Door, troubles: MutableMapping[str, str],
        pause: float, log: FilteringBoundLogger, renewed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """``troubles``: by source the code of what keeps it from being worked off, kept up to date here; ``pause``:
        seconds from one sync of a source to the next; ``renewed`` is called before each, since secrets are renewed."""
        self._sources, self._inbox, self._door, self._troubles = sources, inbox, door, troubles
        self._pause, self._log, self._renewed = pause, log, renewed
        self._next = dict.fromkeys(sources, 0.0)
        self._failures: Counter[str] = Counter()
        self._told: Counter[tuple[str, str]] = Counter()
        self._tidy_at = 0.0
        self._refused: dict[str, set[tuple[str, str]]] = {}
        self._late = 0.0
        """Seconds that an index is given to show what it did not."""
        self._woken, self._stop = threading.Event(), threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Works while the block runs."""
        thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self.wake()
            thread.join(GRACE)
            if thread.is_alive():
                self._log.warning("left", said="a sync was left in the middle; the next one goes on there")
            self._tell()

    def wake(self) -> None:
        """Something may have come."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._woken.clear()
            wait = min(self._turn(name) for name in self._sources)
            if time.monotonic() >= self._tidy_at:
                self._tidy()
                self._tidy_at = time.monotonic() + OFTEN
            self._woken.wait(min(wait, OFTEN))
            self._stop.wait(DEBOUNCE)

    def _turn(self, name: str) -> float:
        """Syncs a source if something waits and it is its turn; the seconds until it may be again."""
        if self._stop.is_set():
            return 0.0
        try:
            if not self._inbox.count(name):
                return OFTEN
            left = self._next[name] - time.monotonic()
            if left > 0:
                return left
            trouble = self._work(name)
        except Stopped as stopped:
            self._log.warning("ran", source=name, outcome="stopped", said=f"stopped: {stopped}")
            return 0.0
        except DealgateError as refused:
            trouble = (refused.diagnostics[0].code, words(refused.diagnostics[0]))
        except sqlite3.Error as failed:
            trouble = ("inbox", f"the inbox cannot be read: {failed}")
        except Exception as mistake:  # noqa: BLE001 - the door stays open, and what waits is not lost
            trouble = (type(mistake).__name__, mistake_of(mistake))
        wait = max(self._pause, self._late)
        before = self._troubles.get(name)
        if trouble is None:
            self._failures[name] = 0
            self._troubles.pop(name, None)
        elif trouble[0] == LOCKED:
            wait = max(wait, BUSY)
            self._troubles[name], said = trouble
            if before != LOCKED:
                self._log.warning("ran", source=name, outcome="busy", said=f"not run: {said}")
        else:
            # no power of a number that grows for weeks: it would be too large for a float
            wait = max(wait, min(LONGEST, 2.0 ** min(self._failures[name], _DOUBLED)))
            self._failures[name] += 1
            self._troubles[name], said = trouble
            said = f"failed: {said.rstrip('.')}. What was told waits, and is looked at again in {wait:.0f} s"
            self._log.error("ran", source=name, outcome="failed", code=trouble[0], again=round(wait), said=said)
        self._next[name] = time.monotonic() + wait
        return wait

    def _work(self, name: str) -> tuple[str, str] | None:
        """A sync, and what it showed is done; what kept it from its end, as a code and in words."""
        from .syncing import synced

        def step(stream: str, count: int, _every: int | None) -> None:
            if self._stop.is_set():
                raise ended_after(stream, count)

        self._late = 0.0
        self._renewed()
        waiting = self._inbox.waiting(name, AT_ONCE)
        made = synced(self._sources[name], heard=[one.ref for one in waiting], step=step)
        if made.taken is None:
            return made.refused[0].code, words(made.refused[0])
        behind = set(made.behind)
        late = [one for one in waiting if one.ref in behind]
        self._late = max((2.0**one.tries for one in late), default=0.0)
        given_up = [one for one in late if one.tries + 1 >= TRIES]
        self._inbox.done([*(one for one in waiting if one.ref not in behind), *given_up])
        self._inbox.again([one for one in late if one.tries + 1 < TRIES])
        taken, still = made.taken, len(late) - len(given_up)
        said = f"told of {len(waiting)}; {taken.deals} taken over, {taken.new_deals} new, {taken.gone} gone"
        if still:
            said += f"; {still} not shown by the CRM yet"
        if given_up:
            said += f"; {len(given_up)} given up, for the CRM did not show them in {TRIES} pulls"
        if taken.counts:
            said += "; " + ", ".join(f"{code}: {count}" for code, count in sorted(taken.counts.items()))
        deals = {"changed": taken.deals, "new": taken.new_deals, "gone": taken.gone}
        tell = self._log.warning if given_up else self._log.info
        tell(
            "ran", source=name, outcome="done", told=len(waiting), deals=deals, late=still or None,
            given_up=len(given_up) or None, said=said,
        )  # fmt: skip
        refused = {(one.code, words(one)) for one in made.refused}
        for code, line in sorted(refused - self._refused.get(name, set())):
            # the same is found by every sync until it is mended
            self._log.error("diagnostic", source=name, code=code, said=line)
        self._refused[name] = refused
        return None

    def _tidy(self) -> None:
        """Tells what was refused, and lets old ids go, whether anything waits or not."""
        from .options import now

        self._tell()
        with suppress(sqlite3.Error):  # the next time will do
            self._inbox.forget(now())

    def _tell(self) -> None:
        """What was dropped and refused since it was last told."""
        counts = Counter(self._door.counts)
        for (name, word), count in sorted((counts - self._told).items()):
            if word in _SAID:
                why = f" ({self._door.mistakes.get(name, '')})" if word == FAILED else ""
                self._log.warning(
                    "refused", source=name or "nobody", what=word, count=count, said=f"{count} {_SAID[word]}{why}"
                )
        self._told = counts
