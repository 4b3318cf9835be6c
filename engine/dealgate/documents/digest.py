"""The canonical form of a checked process (or of a raw document) and its digest.

Comments, key order, the layout and number of files leave no trace in it; every figure, word and condition does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dealgate.model.condition import All, Ref, Test
from dealgate.model.operators import Operator
from dealgate.model.struct import Struct
from dealgate.model.values import Duration, Money

from .nodes import Map, Scalar, Seq
from .places import plain

FORM = 1
"""Counts up when the canonical form itself changes, since every digest then does."""
_LATER = frozenset(("becomes", "former"))
"""Attributes that came later: while they are empty they leave no trace, so that digests of what stood before stay."""


def canonical(thing: Any) -> str:
    """A process, framework, node or plain value as JSON: sorted keys, typed scalars, no places."""
    return json.dumps(_form(thing), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(thing: Any) -> str:
    """``sha256:…`` of the canonical form."""
    return "sha256:" + hashlib.sha256(f"{FORM}\n{canonical(thing)}".encode()).hexdigest()


def _form(thing: Any) -> Any:
    if thing is None or isinstance(thing, (bool, str)):
        return thing
    if isinstance(thing, (Map, Seq, Scalar)):
        return _form(plain(thing))
    if isinstance(thing, Operator):
        return {"$operator": thing.key}
    if isinstance(thing, Ref):
        # the field itself stands in the catalogue
        return {"$field": [thing.field.scope, thing.field.id, thing.child]}
    if isinstance(thing, All) and _one_field(thing):
        # several operators on one field: in which order they are written means nothing
        return {"$All": {"parts": sorted(map(_form, thing.parts), key=_sorted)}}
    if isinstance(thing, Duration):
        return {"$duration": str(thing)}
    if isinstance(thing, Money):
        return {"$money": [thing.minor, thing.currency]}
    if isinstance(thing, Struct):
        return {"$" + type(thing).__name__: _compared(thing)}
    if is_dataclass(thing) and not isinstance(thing, type):
        held = {f.name: _form(getattr(thing, f.name)) for f in fields(thing) if f.compare}
        return {"$" + type(thing).__name__: held}
    if isinstance(thing, Mapping):
        return {key.replace("$", "$$"): _form(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_form(item) for item in thing]
    if isinstance(thing, (set, frozenset)):
        return {"$set": sorted((_form(item) for item in thing), key=_sorted)}
    return _scalar(thing)


def _sorted(form: Any) -> str:
    return json.dumps(form, sort_keys=True)


def _one_field(test: All) -> bool:
    refs = {part.ref if isinstance(part, Test) else None for part in test.parts}
    return len(refs) == 1 and None not in refs


def _compared(thing: Struct) -> dict[str, Any]:
    return {name: _form(value) for name, value in thing.compared().items() if value or name not in _LATER}


def _scalar(thing: Any) -> Any:
    if isinstance(thing, (int, float, Decimal, Fraction)):
        # 2, 2.0 and 2.00 are one number
        exact = Fraction(str(thing)) if isinstance(thing, float) else Fraction(thing)
        return exact.numerator if exact.denominator == 1 else {"$number": str(exact)}
    if isinstance(thing, (datetime, date, time)):
        return {"$" + type(thing).__name__: thing.isoformat()}
    if isinstance(thing, timedelta):
        return {"$minutes": str(Fraction(thing // timedelta(microseconds=1), 60_000_000))}
    if isinstance(thing, tzinfo):
        return {"$zone": str(thing)}
    raise TypeError(f"{type(thing).__name__} has no canonical form")
