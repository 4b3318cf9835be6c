"""A fake environment for each test, and a home for what is pulled from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina
from tests.adapters.dynamics.rig import opened
from tests.fakes.dynamics import Dynamics

from dealgate.documents.digest import canonical
from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.history import history_of
from dealgate.sources.mapping.load import load_mapping
from dealgate.store import open_store
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.dynamics import Dynamics as Adapter


@dataclass
class Home:
    """Where a pull goes."""

    crm: Dynamics
    adapter: Adapter
    mirror: Mirror
    target: Target

    def sync(self, limit: int = 2000, *, full: bool = False) -> tuple[Run, Taken]:
        run = pull(self.adapter, self.mirror, limit=limit, full=full)
        assert run.watermark is not None, run.troubles
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[str, tuple[object, ...]]:
        """By deal its fields, as the store has them."""
        events = self.target.store.events()
        held = history_of(events, self.target.process, self.crm.now, None, self.target.store.children()).now(*fields)
        return {str(row[0]): row[1:] for row in held.select("id", *fields).iter_rows()}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def crm() -> Iterator[Dynamics]:
    made = Dynamics()
    yield made
    made.close()


@pytest.fixture
def dynamics(crm: Dynamics) -> Iterator[Adapter]:
    made = opened(crm)
    yield made
    made.close()


@pytest.fixture
def home(crm: Dynamics, dynamics: Adapter, tmp_path: Path) -> Iterator[Home]:
    loaded = load("practical")
    process = loaded.need()
    store = open_store(f"sqlite:///{tmp_path}/store.db", ready=False)
    store.init()
    mapping = load_mapping("dynamics", process, Library())
    mirror = Mirror(tmp_path / "mirror.db")
    yield Home(crm, dynamics, mirror, Target(store, "crm", process, mapping, (loaded.digest, canonical(process))))
    mirror.close()
    store.close()
