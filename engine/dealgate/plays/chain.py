"""durable-rules behind every guard it needs; the only module that imports it.

A ruleset is a step of plays. What it gets are typed facts without nulls, numbers or dates: which needs hold, and which
patterns are concluded. Each inference has a session of its own, deleted after; its result is remembered by the facts
that went in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import RLock
from typing import Any

from ..model.diagnostics import DealgateError, error
from ..model.play import Need, Play
from .steps import Plan, Step, plan

REMEMBERED = 8192
"""How many results a document's chain keeps; the one that was not asked for the longest goes."""
COMPILED = 8
"""How many documents are kept compiled."""

Token = tuple[str, str]
"""A fact as the chainer sees it: ``need`` and its number, or ``conclusion`` and its pattern."""

_END: Token = ("end", "")
"""Deleting a session in which facts wait to be joined and no rule has fired aborts the process (measured, 2.0.28). So
every session ends with a fact that a rule of its own takes."""

_lock = RLock()
_serial = count(1)


class Chain:
    """A document's plays, compiled. ``inferences`` counts those that were made rather than remembered."""

    def __init__(self, digest: str, plays: Iterable[Play]) -> None:
        self.plan: Plan = plan(tuple(plays))
        self.inferences = 0
        self._numbers = {s: {need: str(n) for n, need in enumerate(held)} for s, held in self.plan.needs.items()}
        self._known: OrderedDict[tuple[int, frozenset[Token]], frozenset[str]] = OrderedDict()
        self._fired: set[str] = set()
        self._concluded: set[str] = set()
        self._failed: BaseException | None = None
        # nothing can replace a ruleset under its name, so the name has the content's digest
        names = [f"plays-{digest}-{n}" for n, _ in enumerate(self.plan.steps)]
        self._names = names
        self._host = _host({name: self._rules(step) for name, step in zip(names, self.plan.steps, strict=True)})

    def token(self, scope: str, need: Need) -> Token:
        """How a need that holds is told to the chainer."""
        if need.fact == "conclusion" and need.plain:
            return "conclusion", need.patterns[0]
        return "need", self._numbers[scope][need]

    def fires(self, step: int, tokens: frozenset[Token]) -> frozenset[str]:
        """The ids of the plays of a step that fire on these facts, and on what they conclude."""
        with _lock:
            held = self._known.get((step, tokens))
            if held is None:
                held = self._infer(self._names[step], tokens)
                self._known[step, tokens] = held
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end((step, tokens))
            return held

    def _infer(self, name: str, tokens: frozenset[Token]) -> frozenset[str]:
        from durable.engine import MessageNotHandledException

        self.inferences += 1
        session = f"s{next(_serial)}"
        self._fired.clear()
        self._concluded = {word for kind, word in tokens if kind == "conclusion"}
        self._failed = None
        begun = False
        try:
            for number, (kind, word) in enumerate([*sorted(tokens), _END]):
                # one by one: in a batch, one that nothing matches would hide what became of the others
                fact = {"id": f"f{number}", "sid": session, "type": kind, "word": word}
                begun = True
                try:
                    state = self._host.assert_fact(name, fact)
                except MessageNotHandledException:
                    continue  # no play of this step asks for it
                if isinstance(state, dict) and "exception" in state:
                    self._failed = self._failed or RuntimeError(str(state["exception"]))
        except Exception as failure:  # noqa: BLE001  # whatever it raises, it is told as what it is
            self._failed = self._failed or failure
        finally:
            if begun:
                self._delete(name, session)
        if self._failed is not None:
            raise DealgateError(
                error(
                    "DG825",
                    f"The forward chainer failed on the plays: {type(self._failed).__name__}.",
                    suggestion="Run it again; if it stays, report it with the document of plays.",
                )
            ) from self._failed
        return frozenset(self._fired)

    def _delete(self, name: str, session: str) -> None:
        try:
            self._host.delete_state(name, session)
        except Exception as failure:  # noqa: BLE001  # the engine raises bare exceptions
            if self.sessions(name, session):
                self._failed = self._failed or failure

    def sessions(self, name: str, session: str) -> bool:
        """Whether a session is still there."""
        try:
            return self._host.get_state(name, session) is not None
        except Exception:  # noqa: BLE001  # so it says that there is none
            return False

    def _rules(self, step: Step) -> dict[str, Any]:
        asked = {need.patterns[0] for play in step.plays for need in play.when if need.patterns and need.plain}
        by_priority = sorted(step.plays, key=lambda play: -play.priority)
        ends = {"all": [{"m0": {"$and": [{"type": _END[0]}]}}], "run": _nothing, "pri": len(step.plays) + 1}
        return {"end": ends} | {
            f"r{number}": {
                "all": [self._asks(n, step.scope, need) for n, need in enumerate(dict.fromkeys(play.when))],
                "run": self._action(play, play.conclude in asked),
                "pri": number + 1,
            }
            for number, play in enumerate(by_priority)
        }

    def _asks(self, number: int, scope: str, need: Need) -> dict[str, Any]:
        kind, word = self.token(scope, need)
        # the type stands first: the session's own state is a message too, and has none
        return {f"m{number}": {"$and": [{"type": kind}, {"word": word}]}}

    def _action(self, play: Play, asked: bool) -> Callable[[Any], None]:
        """What a rule does; ``asked``: a play of its step asks for what it concludes (else asserting it raises)."""

        def fire(context: Any) -> None:
            try:
                self._fired.add(play.id)
                if asked and play.conclude is not None and play.conclude not in self._concluded:
                    self._concluded.add(play.conclude)
                    context.assert_fact({"type": "conclusion", "word": play.conclude})
            except BaseException as failure:
                # an exception in here would be lost in the session's state
                self._failed = self._failed or failure
                raise

        return fire

    def close(self) -> None:
        """Gives the rulesets back."""
        from durable.engine import durable_rules_engine

        for ruleset in self._host._ruleset_list:
            durable_rules_engine.delete_ruleset(ruleset._handle)
        self._host._ruleset_list.clear()
        self._host._ruleset_directory.clear()


_compiled: OrderedDict[str, Chain] = OrderedDict()


@contextmanager
def using(digest: str, plays: Iterable[Play]) -> Iterator[Chain]:
    """The compiled chain of a document, by its digest. One thread at a time has one, so that none is closed in use."""
    with _lock:
        held = _compiled.get(digest)
        if held is None:
            held = _compiled[digest] = Chain(digest, plays)
        _compiled.move_to_end(digest)
        try:
            yield held
        finally:
            while len(_compiled) > COMPILED:
                _compiled.popitem(last=False)[1].close()


def _nothing(_context: Any) -> None:
    """The action of a rule that only ends a session."""


def _host(rulesets: dict[str, Any]) -> Any:
    from durable.engine import Host

    class Quiet(Host):  # type: ignore[misc]  # it ships no types
        """Without the threads that look for timers and for what other processes left: here is neither."""

        def _run(self) -> None:
            return

    return Quiet(rulesets)
