"""A small process and how tests ask it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from dealgate import load
from dealgate.decide.playbook import Playbook

TODAY = date(2026, 11, 23)
PROCESS = """\
kind: process/v1
id: small
title: Small
version: 1.0.0
owner: Sales Operations
currency: USD
calendar: {time_zone: Europe/Berlin}
use: {frameworks: [bant]}
stages:
  - id: first
    title: First
    category: pipeline
    probability: 10%
    exit:
      - {id: has-need, title: A need, check: {framework: bant, element: need, at_least: 2}, stays: true, fix: Ask.}
      - {id: nice, title: Nice to have, check: {field: next_step, filled: true}, enforce: warn, weight: 2}
  - id: second
    title: Second
    category: best_case
    probability: 40%
    enter:
      - {id: dated, title: A date, check: {field: close_date, filled: true}, fix: Date it.}
    exit:
      - {id: sized, title: Sized, check: {field: amount, above: 0}, enforce: approve}
      - {id: watched, title: Watched, check: {field: competitor, filled: true}, enforce: observe}
  - id: third
    title: Third
    category: commit
    probability: 70%
    exit:
      - {id: terms, title: Terms, check: {field: terms, filled: true}, fix: Agree them., SINCE}
  - id: after
    title: After
    after: won
    category: closed
    exit:
      - {id: started, title: Kickoff held, check: {field: kickoff_on, filled: true}, fix: Hold it.}
lead:
  definition: A person.
  becomes_opportunity_when:
    - {id: accepted, title: Accepted, check: {field: accepted, is: true}, fix: Accept it.}
outcomes:
  won: {require: [{id: signed, title: Signed, check: {field: signed_on, filled: true}, fix: Sign.}]}
  lost:
    require: [{id: why, title: The reason, check: {field: outcome_reason, filled: true}, fix: Say why.}]
    reasons: [{id: price, counts_as: lost}]
moves:
  skip: {enforce: approve}
  back: {enforce: observe, require_reason: true}
  reopen: {within: 90 days, enforce: approve}
overrides: {reasons: [exception], expires: 14 days, approvers: [{role: admin}]}
"""
NEED = {"element": "bant.need", "level": 2, "dated": date(2026, 11, 20), "from_buyer": True}
GOOD: dict[str, Any] = {
    "id": "D1",
    "stage": "first",
    "amount": 1000,
    "close_date": date(2026, 12, 20),
    "next_step": "Call",
    "competitor": "None of weight",
    "terms": "Net 30",
    "evidence": [NEED],
}


def playbook(folder: Path, *, since: str = "weight: 1", more: str = "") -> Playbook:
    """The process, loaded; ``since`` puts keys on the criterion ``third.terms``, ``more`` on the process."""
    path = folder / "small.yaml"
    path.write_text(PROCESS.replace("SINCE", since) + more, encoding="utf-8")
    return load(path)


def deal(**changes: Any) -> dict[str, Any]:
    """A deal that meets everything, changed."""
    return {k: v for k, v in {**GOOD, **changes}.items() if v is not ...}
