"""A fresh company stands ready, and its adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dealgate_adapters.pipedrive import Pipedrive

from .rig import PipedriveRig


@pytest.fixture
def rig() -> Iterator[PipedriveRig]:
    made = PipedriveRig()
    yield made
    made.close()


@pytest.fixture
def adapter(rig: PipedriveRig) -> Iterator[Pipedrive]:
    made = rig.adapter()
    assert isinstance(made, Pipedrive)
    yield made
    made.close()
