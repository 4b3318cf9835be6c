"""What metrics are declared, and that those which processes name are computed."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest

from dealgate.compile.events import DELETED, RECORD, THERE, no_events
from dealgate.history import history_of
from dealgate.metrics import Asked, catalogue, measure
from dealgate.metrics.registry import metric, registry
from dealgate.model.diagnostics import DealgateError, WrongUsage
from dealgate.model.metrics import METRICS

from .given import day, events, golden, measured, process


def test_every_id_has_a_spec_and_every_spec_an_id() -> None:
    assert set(registry()) == set(METRICS)


@pytest.mark.parametrize("name", ["practical", "leads"])
def test_every_metric_that_a_shipped_process_names_is_for_its_records(name: str) -> None:
    named = {health for stage in process(name).stages for health in stage.health}
    assert named
    assert all(registry()[one].record in ("", process(name).record) for one in named)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_spec_says_what_it_is(name: str) -> None:
    spec = registry()[name]
    assert spec.better in ("higher", "lower", "neither")
    assert spec.stage in ("own", "passed", "ever", "then")
    assert spec.question.endswith(("?", "."))
    assert spec.formula and spec.source and spec.unit and spec.grain and spec.measures
    assert (spec.cases is None) is (spec.kind is None)
    assert (spec.cases is None) is not (spec.compose is None)
    assert len({policy.id for policy in spec.policies}) == len(spec.policies)
    for policy in spec.policies:
        assert policy.about
        assert policy.read(policy.choice) == policy.choice


def test_the_catalogue_is_plain_data() -> None:
    listed = catalogue()
    assert [one["id"] for one in listed] == sorted(METRICS)
    assert json.loads(json.dumps(listed)) == listed


def test_a_metric_gives_no_measure_that_it_does_not_declare() -> None:
    for row in measured(golden()).rows:
        assert row.measure in registry()[row.metric].measures, row.metric


@pytest.mark.parametrize(
    ("names", "asked", "code"),
    [
        (["win_rat"], Asked(), "DG960"),
        (["win_rate"], Asked(by=("colour",)), "DG961"),
        (["win_rate"], Asked(policies={"reopen": "final_outcome"}), "DG962"),
        (["win_rate"], Asked(policies={"reopen_policy": "sometimes"}), "DG962"),
        (["win_rate"], Asked(policies={"min_n": "few"}), "DG962"),
    ],
)
def test_what_is_asked_wrongly_is_refused(names: list[str], asked: Asked, code: str) -> None:
    with pytest.raises(DealgateError) as refused:
        measure(golden(), names, asked)
    assert isinstance(refused.value, WrongUsage)
    assert [one.code for one in refused.value.diagnostics] == [code]


def test_a_policy_may_be_asked_of_one_metric_alone() -> None:
    asked = Asked(policies={"win_rate.reopen_policy": "per_closure", "min_n": "0"})
    found = measure(golden(), ["win_rate", "won_value"], asked)
    assert (found.figure("win_rate").n, found.figure("won_value", "deals").value) == (7, 3)


def test_a_group_under_the_least_number_is_withheld_with_its_n_and_the_whole_is_shown() -> None:
    found = measure(golden(), ["win_rate"], Asked(by=("deal",)))
    assert {row.figure.reason for row in found.rows if row.measure == "share"} == {"fewer than 10: withheld"}
    assert {row.figure.n for row in found.rows if row.measure == "share"} == {1}
    assert measure(golden(), ["win_rate"]).figure("win_rate").value is not None


def test_a_window_without_a_case_gives_a_reason_and_no_zero() -> None:
    found = measure(golden(), ["win_rate", "cycle_time"], Asked(since=date(2030, 1, 1)))
    assert {row.figure.value for row in found.rows} == {None}
    assert "no deal closed" in {row.figure.reason for row in found.rows}


def test_a_metric_of_leads_says_that_deals_are_none() -> None:
    assert metric("sal_rate").record == "lead"
    assert measure(golden(), ["sal_rate"]).rows[0].figure.reason == "only for a process of leads"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["practical", "leads"])
@pytest.mark.parametrize("by", [(), ("stage", "owner"), ("quarter", "deal")])
def test_no_metric_fails_where_there_is_next_to_nothing(name: str, by: tuple[str, ...]) -> None:
    """No event; a deal that was deleted; one of which nothing else is told; one in a stage the process has no more."""
    there = [("a", RECORD, THERE, 0.0)]
    read = {
        kind: pl.DataFrame(schema={"deal": pl.String}) for kind in ("activities", "contacts", "evidence", "overrides")
    }
    for told in (
        [],
        there,
        [*there, ("a", RECORD, DELETED, 1.0)],
        [*there, ("a", "stage", "gone", 0.0), ("a", "status", "open", 0.0)],
    ):
        held = events(told) if told else no_events()
        for children in (None, read):
            past = history_of(held, process(name), day(10), children=children)
            found = measure(past, None, Asked(by=by))
            assert all(row.figure.value is not None or row.figure.reason for row in found.rows)
            assert found.frame().height == len(found.rows)
