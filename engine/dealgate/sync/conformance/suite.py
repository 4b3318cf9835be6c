"""Running the suite: every check on a rig of its own, and what came of it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from dealgate.model.struct import Struct
from dealgate.ports import Trouble

from . import checks as folder
from .lab import Failed, Lab
from .rig import Cannot, Rig

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Check(Struct):
    """One thing that is true of an adapter. ``about``: the part of the contract; ``sentence``: what is true."""

    id: str
    about: str
    sentence: str
    holds: Callable[[Lab], None]


class Result(Struct):
    """What came of a check. ``expected``, ``came`` and ``mend`` tell of one that failed, ``reason`` why one was
    skipped."""

    check: Check
    state: str
    expected: str = ""
    came: str = ""
    mend: str = ""
    reason: str = ""


@cache
def checks() -> tuple[Check, ...]:
    """Every check: the public functions of the modules in ``checks/``, each named by the sentence of its docstring."""
    found = []
    for module in sorted(iter_modules(folder.__path__), key=lambda one: one.name):
        held = import_module(f"{folder.__name__}.{module.name}")
        about = _first(held)
        own = [
            one for name, one in vars(held).items()
            if inspect.isfunction(one) and one.__module__ == held.__name__ and not name.startswith("_")
        ]  # fmt: skip
        found += [Check(one.__name__, about, _first(one), one) for one in own]
    return tuple(found)


def _first(documented: object) -> str:
    text = inspect.getdoc(documented) or ""
    return " ".join(text.partition("\n\n")[0].split())


def run(make: Callable[[], Rig], only: Sequence[str] = ()) -> Iterator[Result]:
    """Tries each check (or ``only`` these) on a rig made for it. Whatever an adapter does, the next one is tried."""
    for check in checks():
        if not only or check.id in only:
            yield _tried(check, make)


def _tried(check: Check, make: Callable[[], Rig]) -> Result:
    secrets: Sequence[str] = ()
    try:
        rig = make()
        secrets = rig.secrets
        try:
            lab = Lab(rig, check.id)
            try:
                check.holds(lab)
            finally:
                lab.close()
        finally:
            rig.close()
    except Cannot as cannot:
        return Result(check, SKIPPED, reason=str(cannot))
    except Failed as failed:
        told = (failed.expected, failed.came, failed.mend)
    except Trouble as trouble:
        told = (
            "an answer",
            f"Trouble ({trouble.kind}): {trouble.message}",
            "The CRM was well: find out what it asked.",
        )
    except Exception as mistake:  # noqa: BLE001 - an adapter that is being written raises anything
        said = " ".join(str(mistake).split())[:200]
        told = (
            "an answer, or Trouble",
            f"{type(mistake).__name__} at {_place(mistake)}{': ' if said else ''}{said}",
            "What goes wrong on purpose is Trouble or BadSignature; this did not go wrong on purpose.",
        )
    else:
        return Result(check, PASSED)
    for secret in secrets:
        told = tuple(text.replace(secret, "***") for text in told)  # type: ignore[assignment]
    return Result(check, FAILED, *told)


def _place(mistake: Exception) -> str:
    """The line nearest to the mistake that is none of the suite's."""
    here = Path(__file__).parent
    frames = traceback.extract_tb(mistake.__traceback__)
    theirs = [one for one in frames if here not in Path(one.filename).parents] or frames
    return f"{Path(theirs[-1].filename).name}:{theirs[-1].lineno}"
