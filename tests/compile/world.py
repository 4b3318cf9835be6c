"""What generated rules speak of: a rich catalogue, frameworks, a process in several places; and the checker."""

from __future__ import annotations

from functools import cache
from typing import Any

from dealgate.bundled import bundled
from dealgate.documents.build import build_fields, build_process
from dealgate.documents.build.framework import build_frameworks
from dealgate.documents.build.params import build_params
from dealgate.documents.conditions import Scope, check_condition
from dealgate.documents.nodes import Map, Node, Scalar, Seq
from dealgate.documents.yaml import parse
from dealgate.model.condition import Condition
from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.fields import Catalogue
from dealgate.model.framework import Framework
from dealgate.model.process import Process

EXTRA = """
deal:
  tools: {type: multi_choice, title: Tools, options: [crm, erp, wiki]}
  tier: {type: choice, title: Tier, ordered: true, options: [bronze, silver, gold]}
  wanted_tier: {type: choice, title: Wanted tier, ordered: true, options: [bronze, silver, gold]}
  answered: {type: choice, title: Answered, options: ["n/a", "yes", "no"]}
  cycle: {type: duration, title: Length of the cycle}
  maturity: {type: level, title: Maturity}
  fit: {type: number, title: Fit}
  seats: {type: integer, title: Seats}
collections:
  line_items: {fields: {pieces: {type: integer, title: Pieces}, lead_time: {type: duration, title: Lead time}}}
"""
FRAMEWORKS = (
    """
id: plan
title: PLAN
scale: proof
levels: [Asserted, Stated]
elements: [{id: people, title: People, max_age: 1 month}, {id: plan, title: Plan, max_age: 5 business days}]
score: {method: sum, direction: lower, pass: 3, bands: [{id: A, at_most: 2}, {id: B, at_most: 4}]}
qualified_when:
  all: [{framework: self, element: people, at_least: 2}, {framework: self, score: total, above: 1}]
disqualify:
  - {id: later, title: Not now, when: {framework: self, element: plan, answer: "no"}, then: nurture}
  - {id: none, title: Nobody, when: {framework: self, element: people, answer: "no"}}
""",
    """
id: risk
title: RISK
scale: concern
levels: [None, Some, Much]
elements: [{id: legal, title: Legal, weight: 2}, {id: money, title: Money}, {id: people, title: People, weight: 0.5}]
score: {method: lowest, direction: higher, pass: 1, bands: [{id: good, at_least: 2}, {id: fair, at_least: 1}]}
""",
    """
id: fear
title: FEAR
scale: concern
levels: [None, Some, Much]
elements: [{id: legal, title: Legal, max_age: 1 month}, {id: money, title: Money}, {id: people, title: People}]
score: {method: sum, direction: lower, bands: [{id: go, at_most: 2}, {id: stop, at_most: 6}]}
qualified_when:
  all: [{framework: self, score: count_at_least, level: 2, at_most: 1}, {framework: self, score: total, at_most: 4}]
""",
    """
id: bare
title: BARE
scale: proof
levels: [Asserted]
elements: [{id: only, title: Only}]
""",
)
PROCESS = """
id: generated
title: Generated
version: 1.0.0
owner: Nobody
currency: %(currency)s
calendar: {time_zone: "%(zone)s", fiscal_year_starts: %(month)s, holidays: [2026-12-25, 2027-01-01], weekend: %(weekend)s}
use: {frameworks: [bant, icp, plan, risk, fear, bare]}
params:
  large: {type: money, default: 500, title: A large deal}
  window: {type: duration, default: 14 days, title: The window}
  limit: {type: percent, default: 15%%, title: The limit}
  people: {type: integer, default: 2, title: People needed}
  by_tier: {type: money, default: 100, title: What a tier asks, by: {field: tier, values: {bronze: 10, gold: 1000}}}
  by_kind: {type: integer, title: People by kind, by: {field: deal_type, values: {new: 2, renewal: 1}}}
evidence_types:
  recap: {title: The buyer confirmed the recap, max_age: 1 month}
  contract: {title: The signed contract}
conditions:
  engaged: {some: activities, where: {all: [{field: two_way, is: true}, {field: at, within_last: 14 days}]}}
  large-deal: {field: amount, at_least: {param: large}}
stages:
  - {id: first, title: First, objective: a, exit: []}
  - {id: second, title: Second, objective: b, exit: []}
  - {id: third, title: Third, objective: c, exit: []}
outcomes: {lost: {reasons: [{id: price, title: Price}, {id: timing, title: Timing}]}}
"""
PLACES = (
    ("UTC", "january", "USD", "[saturday, sunday]"),
    ("Europe/Berlin", "april", "EUR", "[saturday, sunday]"),
    ("America/New_York", "october", "JPY", "[friday, saturday]"),
    ("Asia/Kolkata", "july", "KWD", "[sunday]"),
)


def node(data: Any) -> Node:
    """Plain data as the YAML reader would hand it over."""
    if isinstance(data, dict):
        return Map({k: node(v) for k, v in data.items()}, dict.fromkeys(data, (1, 1)), 1, 1, "rules.yaml")
    if isinstance(data, (list, tuple)):
        return Seq([node(v) for v in data], 1, 1, "rules.yaml")
    if isinstance(data, bool):
        return Scalar(str(data).lower(), True, 1, 1, "rules.yaml")
    return Scalar(str(data), not isinstance(data, str), 1, 1, "rules.yaml")


def tree(text: str) -> Node:
    """The nodes of a sound YAML text."""
    found, wrong = parse(text, "rules.yaml")
    assert found is not None and not wrong, wrong
    return found


@cache
def catalogue() -> Catalogue:
    """The core catalogue and some fields of the types it lacks."""
    wrong: list[Diagnostic] = []
    core = (bundled("rules") / "fields.yaml").read_text(encoding="utf-8")
    found = build_fields([tree(core), tree(EXTRA)], None, wrong)
    assert not wrong, wrong
    return found


@cache
def frameworks() -> dict[str, Framework]:
    """Two that ship and four that use what those leave out."""
    wrong: list[Diagnostic] = []
    folder = bundled("rules") / "frameworks"
    texts = [(folder / f"{name}.yaml").read_text(encoding="utf-8") for name in ("bant", "icp")]
    nodes = [*texts, *(f"kind: framework/v1\nversion: 1.0.0\nowner: Ops{text}" for text in FRAMEWORKS)]
    built = build_frameworks({str(n): tree(text) for n, text in enumerate(nodes)}, Scope(catalogue()), wrong)
    assert not wrong, wrong
    return {f.id: f for f in built.values()}


@cache
def process(place: int) -> Process:
    """A process without criteria, in one of the places."""
    zone, month, currency, weekend = PLACES[place]
    wrong: list[Diagnostic] = []
    text = PROCESS % {"zone": zone, "month": month, "currency": currency, "weekend": weekend}
    found = build_process(tree("kind: process/v1" + text), frameworks(), catalogue(), wrong)
    errors = [d for d in wrong if d.severity is Severity.ERROR]
    assert found is not None and not errors, wrong
    return found


def _held(found: Node, key: str) -> Node:
    assert isinstance(found, Map)
    return found.items[key]


@cache
def _params(place: int) -> Any:
    base = process(place)
    text = (PROCESS % {"zone": "", "month": "", "currency": "", "weekend": ""}).partition("params:")[2]
    block = "params:" + text.partition("evidence_types:")[0]
    return build_params(_held(tree(block), "params"), base.catalogue, base.currency, [])


@cache
def _conditions(place: int) -> dict[str, Node]:
    text = PROCESS.partition("conditions:")[2].partition("stages:")[0]
    found = _held(tree("conditions:" + text), "conditions")
    assert isinstance(found, Map)
    return found.items


def checked(data: Any, base: Process, place: int, criteria: tuple[str, ...] = ()) -> Condition:
    """The checker's tree of a condition that must hold."""
    wrong: list[Diagnostic] = []
    scope = Scope(
        base.catalogue,
        base.currency,
        params=_params(place),
        conditions=_conditions(place),
        frameworks=base.frameworks,
        evidence_types=tuple(base.evidence_types),
        criteria=criteria,
    )
    found = check_condition(node(data), scope, wrong)
    assert found is not None and not wrong, (data, wrong)
    return found
