"""A source to enforce on: a small process, the CRM in memory, and every step of the way as one word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.crm import Crm, FakeAdapter

import dealgate
from dealgate.decide.playbook import Playbook
from dealgate.documents.digest import canonical
from dealgate.documents.library import Library
from dealgate.ports import CrmAdapter
from dealgate.sources.mapping.load import load_mapping
from dealgate.sources.mapping.model import SourceMapping
from dealgate.store import Store, open_store
from dealgate.sync.actions import Plan
from dealgate.sync.allowed import Allowed
from dealgate.sync.apply import Applied, apply_plan
from dealgate.sync.crm_stages import CrmStages
from dealgate.sync.look import Place, planned
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Target, take_over
from dealgate.sync.pull import pull

PROCESS = """\
kind: process/v1
id: small
version: 1.0.0
title: A small process
owner: Sales Operations
currency: USD
use: {frameworks: [bant]}
stages:
  - id: prospecting
    title: Prospecting
    exit:
      - id: topic-known
        title: The buyer has told a topic
        check: {field: topic, filled: true}
        proof: Their words.
        fix: Ask what they want to talk about.
        coach: What do they want?
  - id: qualification
    title: Qualification
    exit:
      - id: amount-known
        title: The amount is known
        check: {field: amount, filled: true}
        proof: A number in writing.
        fix: Ask for the range they have in mind.
        coach: How much?
      - id: approved
        title: The discount is approved
        check: {field: discount_approved, is: true}
        enforce: approve
        proof: The approval.
        fix: Ask the manager.
        coach: Who said so?
      - id: step-known
        title: The next step is known
        check: {field: next_step, filled: true}
        enforce: warn
        proof: A date.
        fix: Agree on the next step.
        coach: What is next?
      - id: seen
        title: Somebody looked at it
        check: {field: region, filled: true}
        enforce: observe
        proof: None.
        fix: Look at it.
        coach: Who looked?
  - id: proposal
    title: Proposal
    exit:
      - id: sent
        title: The proposal was sent
        check: {field: proposal_version, filled: true}
        proof: The mail.
        fix: Send it.
        coach: When?
  - id: close
    title: Close
    exit:
      - id: terms
        title: The terms are agreed
        check: {field: terms, filled: true}
        proof: The contract.
        fix: Agree on terms.
        coach: Which?
outcomes:
  won: {require: [{id: signed, title: It is signed, check: {field: signed_on, filled: true}, proof: It., fix: Sign it., coach: When?}]}
  lost: {require: [{id: why, title: It is known why, check: {field: outcome_note, filled: true}, proof: A note., fix: Ask., coach: Why?}], reasons: [{id: price, title: The price, counts_as: lost}]}
moves: {skip: {enforce: warn}, back: {enforce: block}, reopen: {enforce: approve}}
"""
_STAGES = "values: {prospecting: prospecting, qualification: qualification, proposal: proposal, close: close}"
MAPPING = f"""\
kind: mapping/v1
id: fake
title: The CRM in memory
deals:
  from: Deals
  id: Id
  fields:
    name: {{from: Name, optional: true}}
    amount: {{from: Amount, currency: USD, optional: true}}
    stage: {{from: Stage, {_STAGES}}}
    status: {{from: Status, optional: true, values: {{open: open, won: won, lost: lost}}}}
    created_at: {{from: Created, optional: true}}
    owner.name: {{from: Owner, optional: true}}
    topic: {{from: Topic, optional: true}}
    next_step: {{from: Next, optional: true}}
    region: {{from: Region, optional: true}}
    discount_approved: {{from: Approved, optional: true}}
    proposal_version: {{from: Version, optional: true}}
    terms: {{from: Terms, optional: true}}
stage_changes: {{from: History, deal: Deal, at: At, by: By, channel: {{from: Channel, optional: true}}, shape: snapshots, fields: {{stage: {{from: Stage, {_STAGES}}}}}}}
"""
FIELDS = {"readiness": "Readiness", "state": "Gate", "missing": "Missing"}
EVERYTHING = Allowed(FIELDS, tasks="all", notes=True, reverts=True)


@dataclass
class Office:
    """Everything of one source, in a folder."""

    folder: Path
    crm: Crm
    store: Store
    playbook: Playbook
    mapping: SourceMapping
    allowed: Allowed = EVERYTHING
    adapter: Callable[[], CrmAdapter] | None = None
    plans: list[Plan] = field(default_factory=list)

    def open(self) -> CrmAdapter:
        return self.adapter() if self.adapter is not None else FakeAdapter(self.crm)

    def sync(self, adapter: CrmAdapter | None = None, limit: int = 500) -> None:
        mirror = Mirror(self.folder / "crm.mirror.db")
        try:
            run = pull(adapter or FakeAdapter(self.crm), mirror, limit=limit)
            if run.watermark is None:
                raise run.troubles[0][1]
            known = (self.playbook.digest, canonical(self.playbook.process))
            target = Target(self.store, "crm", self.playbook.process, self.mapping, known)
            take_over(mirror, target, run.watermark, run.watermark)
        finally:
            mirror.close()

    def plan(self, *, every: bool = False, **more: Any) -> Plan:
        mirror = Mirror(self.folder / "crm.mirror.db")
        try:
            stages = CrmStages(FakeAdapter(self.crm).describe().pipelines, self.mapping)
            place = Place(self.store, "crm", mirror, self.mapping, stages, more.get("able"))
            made = planned(place, self.playbook, self.allowed, self.crm.now, self.crm.now, every=every)
        finally:
            mirror.close()
        self.plans.append(made)
        return made

    def apply(self, plan: Plan, adapter: CrmAdapter | None = None, at_most: int | None = None) -> Applied:
        return apply_plan(
            plan, adapter or self.open(), self.store.outbox("crm"), record="deal", playbook=self.playbook.digest,
            at_most=self.allowed.at_most if at_most is None else at_most, clock=lambda: self.crm.now,
        )  # fmt: skip

    def round(self, **more: Any) -> Applied:
        """Sync, plan and apply, some time later."""
        self.crm.tick(minutes=10)
        self.sync()
        self.crm.tick(minutes=1)
        return self.apply(self.plan(**more))

    def states(self) -> dict[str, str]:
        return {row.item.deal + " " + row.item.kind + " " + row.item.target: row.state
                for row in self.store.outbox("crm").rows().values()}  # fmt: skip


def office(folder: Path, allowed: Allowed = EVERYTHING, process: str = PROCESS) -> Office:
    folder.mkdir(exist_ok=True)
    (folder / "small.yaml").write_text(process, "utf-8")
    (folder / "fake.yaml").write_text(MAPPING, "utf-8")
    playbook = dealgate.load(folder / "small.yaml")
    mapping = load_mapping(folder / "fake.yaml", playbook.process, Library())
    store = open_store(f"sqlite:///{folder}/store.db", ready=False)
    store.init()
    return Office(folder, Crm(), store, playbook, mapping, allowed)


def later(office: Office, **by: float) -> datetime:
    office.crm.tick(**(by or {"minutes": 5}))
    return office.crm.now - timedelta(0)
