"""A source to sync: the CRM in memory, its mapping, a mirror and a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.fakes.crm import Crm
from tests.support.targets import target_in

from dealgate.store import Store
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over

MAPPING = """\
kind: mapping/v1
id: fake
title: The CRM in memory
deals:
  from: Deals
  id: Id
  join:
    - {from: Accounts, as: account, match: {Account: Id}, optional: true}
  fields:
    name: {from: Name, optional: true}
    amount: {from: Amount, currency: USD, optional: true}
    stage:
      from: Stage
      values: {prospecting: prospecting, qualification: qualification, needs-assessment: needs-assessment, proposal: proposal, close: close}
    created_at: {from: Created, optional: true}
    account.name: {from: account.Name, optional: true}
    owner.name: {from: Owner, optional: true}
stage_changes: {from: History, deal: Deal, at: At, by: By, shape: snapshots, fields: {stage: {from: Stage, values: {prospecting: prospecting, qualification: qualification, needs-assessment: needs-assessment, proposal: proposal, close: close}}}}
contacts: {from: Contacts, deal: Deal, optional: true, fields: {name: {from: Name}}}
"""


@dataclass
class House:
    """Everything of one source, in a folder."""

    folder: Path
    crm: Crm
    store: Store
    target: Target

    def mirror(self) -> Mirror:
        return Mirror(self.folder / "mirror.db")

    def take(self, mirror: Mirror, seen_at: datetime) -> Taken:
        return take_over(mirror, self.target, seen_at, seen_at)

    def kept(self) -> dict[str, str]:
        """The stage of each deal that is there, as the store has it."""
        from dealgate.history import history_of

        events = self.store.events()
        if not events.height:
            return {}
        now = events["recorded_at"].max()
        assert isinstance(now, datetime)
        held = history_of(events, self.target.process, now, now, self.store.children()).now("stage")
        return {row["id"]: row["stage"] for row in held.iter_rows(named=True)}


def house(folder: Path, **crm: str) -> House:
    folder.mkdir(exist_ok=True)
    (folder / "fake.yaml").write_text(MAPPING, "utf-8")
    target = target_in(folder, folder / "fake.yaml")
    return House(folder, Crm(**crm), target.store, target)
