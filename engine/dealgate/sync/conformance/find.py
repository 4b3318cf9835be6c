"""Finding a rig by the name of its module."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path

from dealgate.model.diagnostics import WrongUsage, error

from .rig import Rig

RIG = "rig"
"""What makes a rig is called so where it is not said."""


@contextmanager
def found(name: str, folder: Path) -> Iterator[Callable[[], Rig]]:
    """What makes the rig of ``MODULE`` or ``MODULE:NAME``; the module is looked for in ``folder`` first, as long as
    the block runs. Raises WrongUsage where there is none."""
    module, _, wanted = name.partition(":")
    here = str(folder)
    sys.path.insert(0, here)
    invalidate_caches()
    try:
        yield _made(module, wanted or RIG)
    finally:
        sys.path.remove(here)


def _made(module: str, wanted: str) -> Callable[[], Rig]:
    if not all(part.isidentifier() for part in module.split(".")):
        message = f"`{module}` is no name of a module."
        raise WrongUsage(error("DG968", message, suggestion="write it as in an import: package.module"))
    try:
        held = import_module(module)
    except ModuleNotFoundError as absent:
        mine = absent.name is not None and (module == absent.name or module.startswith(f"{absent.name}."))
        message = f"There is no module `{absent.name}`" + ("." if mine else f", which `{module}` imports.")
        hint = "go to the folder that it is in, or install it"
        raise WrongUsage(error("DG968", message, suggestion=hint)) from None
    except Exception as mistake:  # noqa: BLE001 - a module that is being written raises anything
        last = traceback.extract_tb(mistake.__traceback__)[-1]
        at = getattr(mistake, "filename", None) or last.filename
        line = getattr(mistake, "lineno", None) or last.lineno
        message = f"`{module}` cannot be imported: {type(mistake).__name__} at {Path(at).name}:{line}."
        raise WrongUsage(
            error("DG968", message, suggestion=f"mend it until `python -c 'import {module}'` works")
        ) from None
    made: Callable[[], Rig] | None = getattr(held, wanted, None)
    if made is None or not callable(made):
        message = f"`{module}` has no `{wanted}` that makes a rig."
        raise WrongUsage(
            error("DG969", message, suggestion=f"define `def {wanted}()` that gives a Rig: docs/adapters.md")
        )
    return made
