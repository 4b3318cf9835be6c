"""Pipedrive's adapter does all that the contract asks, on a fake by the vendor's documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from tests.fakes.pipedrive_records import KEYS

from dealgate.sync.conformance import Result, checks, run
from dealgate_adapters import _http

from .rig import OAuthRig, PipedriveRig

NOT_TRIED = {
    "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
    "without_webhooks_every_one_is_refused": "the adapter declares webhooks",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An answer that does not end is given up soon, and nothing is asked twice, so that each fault is seen."""
    monkeypatch.setattr(_http, "CAP", 4 * 1024 * 1024)
    with stamina.set_testing(True, attempts=1):
        yield


class KeyedRig(PipedriveRig):
    options = {"key_field": KEYS}


def told(results: list[Result]) -> list[str]:
    return [f"{r.check.id}: expected {r.expected}; came {r.came}; {r.mend}" for r in results if r.state == "failed"]


@pytest.mark.slow
def test_it_does_what_the_contract_asks() -> None:
    results = list(run(PipedriveRig))
    assert told(results) == []
    assert {r.check.id: r.reason for r in results if r.state == "skipped"} == NOT_TRIED
    assert len(results) == len(checks())


@pytest.mark.parametrize(
    ("kind", "about"), [(KeyedRig, {"Actions", "What fails"}), (OAuthRig, {"What fails", "Secrets and words"})]
)
def test_it_does_so_with_a_field_for_keys_and_as_an_app(kind: type[PipedriveRig], about: set[str]) -> None:
    results = list(run(kind, [check.id for check in checks() if check.about in about]))
    assert told(results) == []
    assert [r.check.id for r in results if r.state == "skipped"] == []
