"""What a check works with: a rig, its adapters, and ways to read and to say what was expected."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from dealgate.model.struct import Struct
from dealgate.ports import (
    Action,
    Capabilities,
    CreateTask,
    CrmAdapter,
    Cursor,
    MoveStage,
    Note,
    Outcome,
    Page,
    Record,
    Reference,
    SetFields,
    Trouble,
)  # fmt: skip

from ..tables import written
from .rig import FAULTS, Cannot, Rig

T = TypeVar("T")
MOST = 10_000
"""Pages after which a stream counts as endless."""
KINDS: Mapping[type, str] = {
    SetFields: "set_fields", MoveStage: "move_stage", CreateTask: "create_task", Note: "note",
}  # fmt: skip
SHARED = ("users", "accounts", "contacts")


class Failed(Exception):
    """A check that does not hold: what was expected, what came, how to mend it."""

    def __init__(self, expected: str, came: str, mend: str) -> None:
        super().__init__(expected)
        self.expected, self.came, self.mend = expected, came, mend


class Reading(Struct):
    """A stream read to its end: the records in order, and the last page."""

    records: tuple[Record, ...]
    last: Page

    @property
    def ids(self) -> list[str]:
        """The ids in the order they came."""
        return [record.id for record in self.records]

    def newest(self) -> dict[str, Record]:
        """By id, the record that came last."""
        return {record.id: record for record in self.records}


class Lab:
    """One check's rig."""

    def __init__(self, rig: Rig, name: str) -> None:
        self.rig, self.name = rig, name
        self._open: list[CrmAdapter] = []
        self._keys = 0
        self.able: Capabilities = self.adapter().capabilities()

    def close(self) -> None:
        """Closes what was opened."""
        self.rig.heal()
        for adapter in self._open:
            with suppress(Exception):
                adapter.close()

    # ------------------------------------------------ saying

    def hold(self, true: object, expected: str, came: str, mend: str) -> None:
        """Goes on if it is true. Raises Failed."""
        if not true:
            raise Failed(expected, came, mend)

    def need(self, true: object, reason: str) -> None:
        """Goes on if the check can be tried here. Raises Cannot."""
        if not true:
            raise Cannot(reason)

    def need_stream(self, stream: str) -> None:
        """The adapter has this stream. Raises Cannot."""
        self.need(stream in self.able.streams, f"the adapter declares no stream `{stream}`")

    def need_fields(self) -> None:
        """The rig has fields to write. Raises Cannot."""
        self.need(self.rig.fields, "the rig names no field that may be written")

    # ------------------------------------------------ the CRM

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        """A fresh adapter, closed when the check is over."""
        made = self.rig.adapter(clock_off)
        self._open.append(made)
        return made

    def deals(self, number: int, *, together: bool = False) -> list[str]:
        """So many new deals in the first stage, each at a moment of its own; or all at one."""
        first, values = self.rig.stages()[0], {name: pair[0] for name, pair in self.rig.fields.items()}
        made = []
        for _ in range(number):
            if not together:
                self.rig.tick()
            made.append(self.rig.put_deal(first, **values))
        self.rig.tick()
        return made

    def deal(self) -> str:
        """One new deal."""
        return self.deals(1)[0]

    def other(self) -> dict[str, Any]:
        """A field with the second of its values."""
        name, pair = next(iter(self.rig.fields.items()))
        return {name: pair[1]}

    def change(self, deal: str) -> None:
        """Somebody changes a deal: a field if there is one, else its stage."""
        if self.rig.fields:
            self.rig.edit(deal, **self.other())
        else:
            self.rig.move(deal, self.rig.stages()[1])

    def fail(self, kind: str, when: str = "before") -> None:
        """The next request fails. Raises Cannot where the rig cannot make it."""
        self.need(kind in self.rig.faults, f"the rig does not make this fault: {FAULTS[kind]}")
        self.rig.fail(kind, when)

    def struck(self) -> None:
        """The fault struck and is over. Raises Cannot if the adapter asked for nothing meanwhile."""
        self.need(self.rig.heal(), "the adapter made no request that the fault could have struck")

    # ------------------------------------------------ reading

    def pages(
        self,
        stream: str,
        limit: int,
        cursor: Cursor | None = None,
        adapter: CrmAdapter | None = None,
        *,
        others: bool = False,
    ) -> Iterator[Page]:
        """The pages of a stream to its end; ``others``: each by another adapter, with the cursor written down.

        Raises Failed where it has no end.
        """
        adapter = adapter or self.adapter()
        for _ in range(MOST):
            page = adapter.pull(stream, cursor, limit)
            yield page
            if not page.more:
                return
            if page.next == cursor:
                break
            cursor = page.next
            if others:
                adapter, cursor = self.adapter(), carried(cursor)
        raise Failed(
            f"the stream {stream} to end", "the same cursor again, and `more`",
            "Page.next is where to go on: behind the last record of the page. `more` is False on the last page.",
        )  # fmt: skip

    def read(
        self, stream: str = "deals", limit: int = 1000, cursor: Cursor | None = None, adapter: CrmAdapter | None = None
    ) -> Reading:
        """A stream to its end, by a fresh adapter if none is given."""
        return joined(list(self.pages(stream, limit, cursor, adapter)))

    def streams(self) -> list[str]:
        """The declared streams that can be pulled; one that cannot is told by the check for that, and by it alone."""
        adapter = self.adapter()
        return [name for name in self.able.streams if self.trouble(partial(adapter.pull, name, None, 1)) is None]

    def cursor(self, stream: str = "deals") -> str:
        """The kind of cursor that a stream has."""
        return "full" if stream in self.able.whole else self.able.cursor

    def onward(self, last: Page, stream: str = "deals") -> Cursor | None:
        """Where the next pull begins by what this one said of itself: without the engine's overlap, to be exact."""
        if self.cursor(stream) == "full":
            return None
        return carried(last.next) if last.next.token else Cursor(last.watermark)

    def wait(self, act: Callable[[CrmAdapter], T]) -> T:
        """What an adapter makes of an answer that does not end. Raises Failed if it does not give up in time."""
        made: list[T] = []
        failed: list[Exception] = []

        def tried() -> None:
            try:
                adapter = self.rig.adapter()  # made where it is used: some connections belong to a thread
                try:
                    made.append(act(adapter))
                finally:
                    adapter.close()
            except Exception as mistake:  # noqa: BLE001 - raised where it is waited for
                failed.append(mistake)

        thread = threading.Thread(target=tried, daemon=True)
        thread.start()
        thread.join(self.rig.patience)
        if failed:
            raise failed[0]
        if not made:
            raise Failed(
                "Trouble after a while", f"nothing within {self.rig.patience:g} seconds",
                "Give an answer a limit of time as a whole and of size, and stop reading there.",
            )  # fmt: skip
        return made[0]

    def trouble(self, act: Callable[[], Any]) -> Trouble | None:
        """The trouble that this raises, or None."""
        try:
            act()
        except Trouble as trouble:
            return trouble
        return None

    # ------------------------------------------------ acting

    def key(self) -> str:
        """A new idempotency key."""
        self._keys += 1
        seed = f"{self.name} {self._keys} {self.rig.now().isoformat()} {sorted(self.rig.truth().deals)}"
        return hashlib.sha256(seed.encode()).hexdigest()

    def action(self, kind: str, deal: str, version: str | None = None) -> Action:
        """An action of this kind on a deal that stands in the first stage. Raises Cannot."""
        key = self.key()
        if kind == "set_fields":
            self.need_fields()
            return SetFields(deal, self.other(), key, version)
        if kind == "move_stage":
            first, second = self.rig.stages()[:2]
            return MoveStage(deal, second, first, key, version)
        if kind == "create_task":
            return CreateTask(deal, f"Ask for the date {key[:8]}", "The buyer has named none.", key)
        return Note(deal, f"What is missing: a date {key[:8]}.", key)

    def actions(self) -> list[str]:
        """The kinds of action that the adapter declares and the rig can try. Raises Cannot where there are none."""
        kinds = [kind for kind in self.able.actions if kind != "set_fields" or self.rig.fields]
        self.need(kinds, "the adapter declares no action")
        return kinds

    def done(self, action: Action) -> int:
        """How many times an action was done, by what stands in the CRM; of fields and stages, whether it holds."""
        truth = self.rig.truth()
        if isinstance(action, CreateTask):
            return sum(deal == action.deal and action.subject in text for deal, text in truth.tasks)
        if isinstance(action, Note):
            return sum(deal == action.deal and action.body in text for deal, text in truth.notes)
        held = truth.deals[action.deal]
        if isinstance(action, MoveStage):
            return int(held.stage == action.to_stage)
        return int(same(held.values, action.values))

    def version(self, deal: str) -> str | None:
        """The version of a deal as it is now; None where there is none, which another check tells."""
        if self.able.compare_and_set == "none":
            return None
        found = self.adapter().fetch([Reference("deals", deal)])
        return found[0].version if found else None


def joined(pages: Sequence[Page]) -> Reading:
    """Pages as one reading."""
    return Reading(tuple(record for page in pages for record in page.records), pages[-1])


def same(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the wanted values stand there, compared as an export would write them."""
    return all(written(held.get(name)) == written(value) for name, value in wanted.items())


def carried(cursor: Cursor) -> Cursor:
    """A cursor that was written down and read again, as it is between two runs."""
    at = None if cursor.at is None else datetime.fromisoformat(cursor.at.isoformat())
    return Cursor(at, str(cursor.id), str(cursor.token))


def told(outcome: Outcome | Trouble) -> str:
    """An outcome or trouble in words."""
    if isinstance(outcome, Trouble):
        return f"Trouble ({outcome.kind}): {outcome.message}"
    return f"{outcome.kind}{f' ({outcome.text})' if outcome.text else ''}"


def attempt(adapter: CrmAdapter, action: Action) -> Outcome | Trouble:
    """What becomes of an action, trouble included."""
    try:
        return adapter.apply(action)
    except Trouble as trouble:
        return trouble


def missing(wanted: Sequence[str], found: Sequence[str]) -> str:
    """Which of some ids were not found, in words."""
    absent = [one for one in wanted if one not in set(found)]
    return f"{len(absent)} of {len(wanted)} did not come: {', '.join(absent[:3])}" if absent else "all came"
