"""A small catalogue and short calls for the tests of the type checker."""

from __future__ import annotations

from dealgate.documents.build import build_fields, build_framework
from dealgate.documents.build.params import build_params
from dealgate.documents.conditions import Scope, check_condition
from dealgate.documents.nodes import Node
from dealgate.documents.yaml import parse
from dealgate.model.condition import Condition
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import Catalogue

FIELDS = """
deal:
  name: {type: text, title: Name}
  source: {type: text, title: Source}
  amount: {type: money, title: Amount}
  budget: {type: money, title: Budget}
  discount: {type: percent, title: Discount}
  seats: {type: integer, title: Seats}
  score: {type: number, title: Score}
  close_date: {type: date, title: Close date}
  signed_on: {type: date, title: Signed on}
  created_at: {type: datetime, title: Created at}
  touched_at: {type: datetime, title: Touched at}
  days_in_stage: {type: duration, title: Time in stage, derived: true}
  accepted: {type: boolean, title: Accepted}
  stage: {type: choice, title: Stage, ordered: true, stages: true}
  channel: {type: choice, title: Channel, options: [inbound, outbound, "no"]}
  kind: {type: choice, title: Kind, options: [new, renewal]}
  segment: {type: choice, title: Segment, open: true, options: [small, large]}
  tools: {type: multi_choice, title: Tools, options: [crm, erp, wiki]}
  owner.name: {type: person, title: Owner}
collections:
  contacts:
    title: Contacts
    singular: contact
    fields:
      name: {type: person, title: Name}
      role: {type: choice, title: Role, options: [buyer, user]}
      met_on: {type: date, title: Met on}
  activities:
    title: Activities
    singular: activity
    fields:
      type: {type: choice, title: Kind, options: [call, email]}
      at: {type: datetime, title: When}
      two_way: {type: boolean, title: Two-way}
  line_items:
    title: Line items
    singular: line item
    fields:
      product: {type: text, title: Product}
      quantity: {type: integer, title: Quantity}
      amount: {type: money, title: Amount}
"""
FRAMEWORK = """
kind: framework/v1
id: bant
title: BANT
version: 1.0.0
owner: Ops
scale: proof
levels: [Asserted, Stated, Corroborated]
elements:
  - {id: budget, title: Budget, due: qualification}
  - {id: need, title: Need}
score: {method: weighted, pass: 50, bands: [{id: A, at_least: 70}, {id: B, at_least: 50}]}
"""
PARAMS = """
large: {type: money, default: 50000, title: A large deal}
limit: {type: percent, default: 15%, title: The limit}
window: {type: duration, default: 14 days, title: The window}
few: {type: integer, default: 2}
ways: {type: multi_choice, default: [inbound, outbound], title: Our ways}
by_stage:
  type: money
  default: 100
  title: From this amount
  by: {field: stage, values: {qualification: 10, proposal: 20}}
"""


def tree(text: str, file: str = "rules.yaml") -> Node:
    """The nodes of a YAML text that must be sound."""
    node, wrong = parse(text, file)
    assert node is not None, wrong
    assert not wrong, wrong
    return node


def catalogue() -> Catalogue:
    """The small catalogue, with three stages."""
    wrong: list[Diagnostic] = []
    found = build_fields([tree(FIELDS)], None, wrong)
    assert not wrong
    return found.with_options("stages", ("qualification", "proposal", "close"))


def scope(**more: object) -> Scope:
    """What the tests' conditions may speak of."""
    wrong: list[Diagnostic] = []
    fields = catalogue()
    bant = build_framework(tree(FRAMEWORK), Scope(fields), wrong)
    assert bant is not None, wrong
    params = build_params(tree(PARAMS), fields, "EUR", wrong)
    assert not wrong
    given: dict[str, object] = {
        "params": params,
        "frameworks": {"bant": bant},
        "evidence_types": ("recap", "contract"),
        "criteria": ("qualification.need-stated", "close.signed"),
        **more,
    }
    return Scope(fields, "EUR", **given)  # type: ignore[arg-type]


def check(text: str, **more: object) -> tuple[Condition | None, list[Diagnostic]]:
    """A condition's tree and what is wrong with it."""
    wrong: list[Diagnostic] = []
    return check_condition(tree(text), scope(**more), wrong), wrong


def good(text: str, **more: object) -> Condition:
    """The tree of a condition that must hold."""
    found, wrong = check(text, **more)
    assert not wrong, wrong
    assert found is not None
    return found


def bad(text: str, **more: object) -> Diagnostic:
    """The one thing that is wrong with a condition."""
    found, wrong = check(text, **more)
    assert found is None
    assert len(wrong) == 1, wrong
    return wrong[0]
