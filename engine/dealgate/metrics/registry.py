"""Every metric there is, found by its file in ``specs/``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from ..model.diagnostics import WrongUsage, error
from . import specs
from .spec import MIN_N, Spec


@cache
def registry() -> Mapping[str, Spec]:
    """The metrics by id, in alphabetical order. Raises ValueError where two have one id."""
    found: dict[str, Spec] = {}
    for module in iter_modules(specs.__path__):
        for spec in getattr(import_module(f"{specs.__name__}.{module.name}"), "SPECS", ()):
            if spec.id in found:
                raise ValueError(f"two metrics are called {spec.id}")
            found[spec.id] = spec
    return MappingProxyType(dict(sorted(found.items())))


def metric(name: str) -> Spec:
    """A metric by id. Raises WrongUsage where there is none."""
    if name not in registry():
        raise WrongUsage(error("DG960", f"There is no metric {name!r}.", suggestion="dealgate metrics --list"))
    return registry()[name]


def check_policies(given: Mapping[str, object], ids: tuple[str, ...]) -> None:
    """Raises WrongUsage where a policy is none of these metrics', or its choice is not allowed."""
    for name, value in given.items():
        owner, _, policy = name.rpartition(".")
        owners = ids if not owner else (owner,) if owner in registry() else ()
        declared = [p for i in owners for p in (*registry()[i].policies, MIN_N) if p.id == policy]
        if not declared:
            raise WrongUsage(error("DG962", f"None of these metrics has a policy {name!r}."))
        refused: WrongUsage | None = None
        for one in declared:
            try:
                one.read(value)
            except WrongUsage as why:
                refused = why
            else:
                break
        else:
            assert refused is not None
            raise refused
