"""How the tests of the schemas read documents and validate them with both libraries."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

HERE = Path(__file__).parent
SCHEMAS = HERE.parent.parent / "schemas"
KINDS = sorted(p.name.removesuffix(".schema.json") for p in SCHEMAS.glob("*.schema.json"))
DOCUMENT_KINDS = [k for k in KINDS if k not in ("common", "condition")]


class CoreLoader(yaml.SafeLoader):
    """YAML with the types that reach a schema: text, integers, decimals, true and false, null; keys are text."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", "true|false", "tf"),
    ("int", "-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
    ("null", "null|~|", ["n", "~", ""]),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), list(first))


def load(text: str) -> Any:
    return yaml.load(text, CoreLoader)  # noqa: S506 - built on the safe loader


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


SHARED = {f"{name}.schema.json": schema(name) for name in ("common", "condition")}
_REGISTRY: Registry[Any] = Registry().with_resources([(k, Resource.from_contents(v)) for k, v in SHARED.items()])
_FAST_REGISTRY = jsonschema_rs.Registry(list(SHARED.items()))
_TELLERS: dict[str, Draft202012Validator] = {}
_FAST: dict[str, Any] = {}


def errors(name: str, document: Any) -> list[ValidationError]:
    """Every error by jsonschema, after asking that jsonschema_rs agrees on whether there is one."""
    if name not in _TELLERS:
        _TELLERS[name] = Draft202012Validator(schema(name), registry=_REGISTRY)
        _FAST[name] = jsonschema_rs.validator_for(schema(name), registry=_FAST_REGISTRY)
    found = list(_TELLERS[name].iter_errors(document))
    assert _FAST[name].is_valid(document) is not bool(found), "the two libraries differ"
    return found


def places(name: str, document: Any) -> list[str]:
    """Each error as ``path: keyword``, the path's parts joined by slashes."""
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.validator}" for e in errors(name, document)]


def kind_of(document: Any) -> str:
    return str(document["kind"]).partition("/")[0]
