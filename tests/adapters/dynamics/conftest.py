"""A fake environment for each test, and a home for what is pulled from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina
from tests.adapters.dynamics.rig import opened
from tests.fakes.dynamics import Dynamics
from tests.support.targets import held_by, target_in

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
        return held_by(self.target, self.crm.now, *fields)


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
    target = target_in(tmp_path, "dynamics")
    mirror = Mirror(tmp_path / "mirror.db")
    yield Home(crm, dynamics, mirror, target)
    mirror.close()
    target.store.close()
