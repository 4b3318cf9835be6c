"""The JSON Schema of a condition, worked out from the operator table; ``python -m`` this module writes the file.

One object lists all keys; which of them may stand together follows from the lead key (``field``, ``some``, ``all`` …)
by if/then/else, first match first, so that a mistake is told once, at its own key. What an operand may be is the
loader's business.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dealgate.model.calendar import PERIODS as CALENDAR_PERIODS
from dealgate.model.operators import OPERATORS, Operator

Schema = dict[str, Any]

FILE = "condition.schema.json"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PERIODS = ["week", *CALENDAR_PERIODS]
_SELF: Schema = {"$ref": "#"}
_TEXT: Schema = {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Lead:
    """A key that says what kind of test this is, and which keys may stand beside it."""

    key: str
    title: str
    doc: str
    value: Schema
    beside: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: Callable[[Operator], bool] = lambda _: False

    @property
    def keys(self) -> list[str]:
        """Every key such a test may have, the lead first."""
        return list(dict.fromkeys([self.key, *self.beside, *(k for k, o in OPERATORS.items() if self.takes(o))]))


def _compares(kind: str) -> Callable[[Operator], bool]:
    return lambda o: kind in o.applies_to and o.operand in ("one", "list", "pair")


_number, _level = _compares("integer"), _compares("level")

LEADS = (
    Lead("all", "a test of all parts", "True when every part is.", {"type": "array", "minItems": 1, "items": _SELF}),
    Lead("any", "a test of any part", "True when at least one part is.",
         {"type": "array", "minItems": 1, "items": _SELF}),
    Lead("not", "a negated test", "True when the part is false; unknown stays unknown.", _SELF),
    Lead("field", "a test of a field", "The field to test. Several operators beside it must all hold.", _TEXT,
         takes=lambda _: True),
    Lead("some", "a test that some record matches", "A collection: at least one of its records matches `where`.", _TEXT,
         ("where",)),
    Lead("every", "a test that every record matches",
         "A collection: all its records match `where`. True of an empty one, so put a `some` beside it.", _TEXT,
         ("where",)),
    Lead("none", "a test that no record matches", "A collection: not one of its records matches `where`.", _TEXT,
         ("where",)),
    Lead("count", "a count of records", "A collection: how many of its records match `where`.", _TEXT,
         ("where", "distinct"), takes=_number),
    Lead("sum", "a sum over records", "A collection: the sum of the field `of` over the records that match `where`.",
         _TEXT, ("of", "where"), ("of",), _number),
    Lead("framework", "a test of a framework",
         "A qualification framework (`self` inside its own document): its status, an element's level or answer, its "
         "score or band.", _TEXT, ("element", "answer", "score", "level", "band", "or_better"),
         takes=lambda o: _level(o) or o.key == "filled"),
    Lead("evidence", "a test of evidence", "Valid evidence of this type is there.", _TEXT,
         ("at_least", "from_buyer", "within_last")),
    Lead("condition", "a named condition", "A condition that the process defines by name.", _TEXT),
    Lead("criterion", "a test of a criterion",
         "Another criterion's verdict before overrides, as `stage.criterion`; not applicable counts as true.", _TEXT),
    Lead("criteria", "a test over criteria",
         "A set of criteria, such as `current_exit`: how many have one of the statuses. Inspection and plays only.",
         _TEXT, ("status",), ("status",), _number),
    Lead("share", "a share of a group",
         "A collection of the group: which share of it (of those in `among`) matches `where`, by number or by the "
         "field `of`. Inspection and plays only.", _TEXT, ("where", "among", "of"), ("where",), _number),
    Lead("largest", "the largest of a group",
         "A collection of the group: the largest record's part of the sum of the field `of`. Inspection and plays "
         "only.", _TEXT, ("of", "among"), ("of",), _number),
)  # fmt: skip

BESIDE: dict[str, Schema] = {
    "where": {"description": "What a record must be like; its own field names, `deal.x` for the deal's.", **_SELF},
    "among": {"description": "Which records of the group count at all.", **_SELF},
    "of": {"description": "The field that is added up.", **_TEXT},
    "distinct": {"description": "Count each value of this field once.", **_TEXT},
    "element": {
        "description": "One element of the framework: its level, or with `answer` the buyer's answer.",
        **_TEXT,
    },
    "answer": {"description": "What the buyer answered.", "enum": ["yes", "no", "not_applicable"]},
    "score": {
        "description": "`total`, the framework's own score, or a method that works out its levels in another way.",
        "enum": ["total", "count_at_least", "sum", "weighted", "lowest"],
    },
    "level": {"description": "The level that counts for `score: count_at_least`.", "type": "integer", "minimum": 0},
    "band": {"description": "A band of the framework's score.", **_TEXT},
    "or_better": {"description": "A better band will do too.", "type": "boolean"},
    "from_buyer": {"description": "The evidence came from the buyer.", "type": "boolean"},
    "status": {
        "description": "The verdicts that count.",
        "type": "array",
        "minItems": 1,
        "items": {"enum": ["met", "unmet", "unknown", "not_applicable", "waived"]},
    },
}


def _operand_keys() -> Schema:
    text = {"type": "string"}
    shift = {"$ref": "#/$defs/shift"}
    return {
        "field": {"description": "Another field's value.", **text},
        "param": {"description": "A parameter of the document.", **text},
        "date": {"description": "A day counted from today: today, start_of_quarter, end_of_month …", **text},
        "plus": {"description": "A duration later: 14 days, 2 business days, {param: window}.", **shift},
        "minus": {"description": "A duration earlier: 14 days, 2 business days, {param: window}.", **shift},
        "times": {"description": "An exact ratio of the field: 0.8.", "type": "number"},
        "learned": {"description": "A figure learned from the store, such as won_days_in_stage.", **text},
        "quantile": {"description": "Which quantile of what was learned: 75%.", **text},
        "by": {"description": "Learned apart for each of these fields.", "type": "array", "items": text},
        "min_n": {"description": "Learn only from at least so many records.", "type": "integer", "minimum": 1},
        "otherwise": {"description": "The value where there are too few records to learn from."},
    }


def _changed_keys() -> Schema:
    return {
        "direction": {"description": "Which way it changed.", "enum": ["later", "earlier", "up", "down", "any"]},
        "across": {"description": "Only changes into another period.", "enum": PERIODS},
        "by": {
            "description": "By how much: an operator, with a percentage or an amount.",
            "$ref": "#/$defs/comparison",
        },
        "since": {"description": "Only changes from this day on.", "$ref": "#/$defs/operand"},
        "within_last": {"description": "Only changes this recent: 60 days.", "type": "string"},
        "ignore": {
            "description": "Kinds of change that do not count, such as owner_change.",
            "type": "array",
            "items": {"type": "string"},
        },
        "at_least": {"description": "How many changes; 1 if left out.", "type": "integer", "minimum": 1},
    }


def _closed(title: str, properties: Schema, **more: Any) -> Schema:
    return {"title": title, "type": "object", "properties": properties, "additionalProperties": False, **more}


def _operator(operator: Operator) -> Schema:
    said = f"{operator.doc} Example: {json.dumps(operator.example, ensure_ascii=False)}"
    if operator.operand in ("last_days", "changed"):
        return {"description": said, "$ref": f"#/$defs/{operator.operand}"}
    if operator.operand == "flag":
        return {"description": said, "type": "boolean"}
    return {"description": said, "$ref": "#/$defs/operand"}


def condition_schema() -> Schema:
    """The whole schema document."""
    operators = {key: _operator(operator) for key, operator in OPERATORS.items()}
    leads: Schema = {lead.key: {"description": lead.doc, **lead.value} for lead in LEADS}
    # the last resort has no lead key: tell an unknown key alone, and only else that the lead is missing
    chain: Schema = {
        "if": {"properties": dict.fromkeys([*BESIDE, *operators], True), "additionalProperties": False},
        "then": {
            "title": "a condition",
            "description": f"It starts with one of {', '.join(leads)}.",
            "required": ["field"],
        },
        "else": {
            "title": "a condition",
            "properties": dict.fromkeys([*leads, *BESIDE, *operators], True),
            "additionalProperties": False,
        },
    }
    for lead in reversed(LEADS):
        then: Schema = {
            "title": lead.title,
            "properties": dict.fromkeys(lead.keys, True),
            "additionalProperties": False,
        }
        if lead.needs:
            then["required"] = list(lead.needs)
        chain = {"if": {"required": [lead.key]}, "then": then, "else": chain}
    compared = {key: operators[key] for key, operator in OPERATORS.items() if _number(operator)}
    return {
        "$schema": DRAFT,
        "$id": FILE,
        "title": "a condition",
        "description": "One test, or all, any or not of several. A test on what is missing is unknown, never false.",
        "$comment": "Written from the operator table by python -m dealgate.documents.condition_schema",
        "type": "object",
        "properties": {**leads, **BESIDE, **operators},
        **chain,
        "$defs": {
            "operand": {
                "title": "an operand",
                "description": "A literal, a list of them, another field, a parameter, a day or a learned figure.",
                "properties": _operand_keys(),
                "additionalProperties": False,
                "items": {"$ref": "#/$defs/operand"},
            },
            "shift": {
                "title": "a shift of a date",
                "type": ["string", "object"],
                "properties": {"param": {"description": "A parameter that holds a duration.", "type": "string"}},
                "required": ["param"],
                "additionalProperties": False,
            },
            "comparison": _closed(
                "a comparison",
                compared,
                description="Operators on a number, an amount or a percentage; all must hold.",
                minProperties=1,
            ),
            "last_days": _closed(
                "the last days of a period",
                {
                    "days": {"description": "How many days at its end.", "type": "integer", "minimum": 1},
                    "of": {"description": "Of which period.", "enum": PERIODS},
                },
                required=["days", "of"],
            ),
            "changed": _closed("a test of changes", _changed_keys()),
        },
    }


def layout(value: Any, indent: int = 0, width: int = 120) -> str:
    """JSON with what fits on a line kept on one, as the schema files are laid out."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + indent <= width - 24 or not isinstance(value, (dict, list)) or not value:
        return short
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{json.dumps(k, ensure_ascii=False)}: {layout(v, indent + 2, width)}" for k, v in value.items()]
        return "{\n" + ",\n".join(pad + row for row in rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + layout(v, indent + 2, width) for v in value) + "\n" + " " * indent + "]"


def main(arguments: list[str]) -> int:
    """Write the schema into the folder named, else into the checkout's ``schemas/``."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[3] / "schemas"
    (folder / FILE).write_text(layout(condition_schema()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
