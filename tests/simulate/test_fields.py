"""Every value has the type that the field catalogue gives it, and every id is one the shipped processes know."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from dealgate.documents.load import load
from dealgate.simulate import Company

STAGES = {"prospecting", "qualification", "needs-assessment", "proposal", "close", "post-sale"}
LEAD_STAGES = {"new", "working", "accepted", "qualified"}


@pytest.fixture(scope="module")
def catalogue(checkout: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((checkout / "rules" / "fields.yaml").read_text(encoding="utf-8"))
    return loaded


def process(checkout: Path, name: str) -> dict[str, Any]:
    path = checkout / "rules" / "processes" / f"{name}.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def misfit(spec: dict[str, Any], value: object) -> str:
    kind = spec["type"]
    if kind in ("text", "person", "reference"):
        return "" if type(value) is str else "no text"
    if kind == "money":
        if type(value) is not Decimal:
            return "money that is no Decimal"
        return "" if value.is_finite() and value >= 0 and int(value.as_tuple().exponent) >= -2 else "inexact money"
    if kind == "percent":
        return "" if type(value) is Fraction and 0 <= value <= 1 else "no percent"
    if kind == "date":
        return "" if type(value) is date else "no date"
    if kind == "datetime":
        utc = isinstance(value, datetime) and value.utcoffset() is not None and not value.utcoffset()
        return "" if utc else "no datetime in UTC"
    if kind in ("integer", "number"):
        return "" if type(value) is int else "no integer"
    if kind == "level":
        return "" if type(value) is int and 1 <= value <= 3 else "no level"
    if kind == "boolean":
        return "" if type(value) is bool else "no boolean"
    if kind == "multi_choice":
        return "" if isinstance(value, list) and all(type(item) is str for item in value) else "no choices"
    if kind == "choice":
        options = spec.get("options")
        return "" if type(value) is str and (options is None or value in options) else f"not an option: {value}"
    return f"a type this test does not know: {kind}"


def misfits(catalogue: dict[str, Any], record: dict[str, Any]) -> list[str]:
    found = []
    collections = catalogue["collections"]
    for name, value in record.items():
        if name == "id":
            found += [] if type(value) is str else ["id"]
        elif name in collections:
            fields = collections[name]["fields"]
            for row in value:
                found += [f"{name}.{key}: unknown" for key in row if key not in fields]
                found += [f"{name}.{key}: {m}" for key in row if key in fields and (m := misfit(fields[key], row[key]))]
        elif name not in catalogue["deal"]:
            found.append(f"{name}: unknown")
        elif m := misfit(catalogue["deal"][name], value):
            found.append(f"{name}: {m}")
    return found


def test_every_value_of_every_deal_has_its_fields_type(company: Company, catalogue: dict[str, Any]) -> None:
    assert {problem for deal in company.deals for problem in misfits(catalogue, deal)} == set()


def test_every_value_of_every_lead_has_its_fields_type(company: Company, catalogue: dict[str, Any]) -> None:
    assert {problem for lead in company.leads for problem in misfits(catalogue, lead)} == set()


def test_accounts_and_owners_are_named_by_the_catalogue(company: Company, catalogue: dict[str, Any]) -> None:
    assert {key for account in company.accounts for key in account} <= set(catalogue["deal"])
    owner = {key for rep in company.reps for key in rep} - {"hired_on", "left_on"}
    assert owner <= set(catalogue["deal"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 1.5},
        {"amount": Decimal("1.005")},
        {"close_date": "2026-01-01"},
        {"created_at": datetime(2026, 1, 1)},
        {"status": "maybe"},
        {"colour": "red"},
        {"evidence": [{"level": 4}]},
    ],
)
def test_the_check_of_types_can_fail(catalogue: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert misfits(catalogue, wrong)


def test_stages_reasons_and_evidence_are_those_of_the_shipped_processes(company: Company, checkout: Path) -> None:
    for name, records in (("practical", company.deals), ("leads", company.leads)):
        rules = process(checkout, name)
        assert {record["stage"] for record in records} == {stage["id"] for stage in rules["stages"]}
        reasons = {reason["id"] for reason in rules["outcomes"]["lost"]["reasons"]}
        assert {record["outcome_reason"] for record in records if "outcome_reason" in record} <= reasons
        types = {e["type"] for record in records for e in record.get("evidence", []) if "type" in e}
        assert types
        assert types <= set(load(name).need().evidence_types), "those of the shared criteria it uses are its own too"


def test_elements_are_those_of_the_shipped_frameworks(company: Company, checkout: Path) -> None:
    known = set()
    for name in ("bant", "icp"):
        text = (checkout / "rules" / "frameworks" / f"{name}.yaml").read_text(encoding="utf-8")
        known |= {f"{name}.{element['id']}" for element in yaml.safe_load(text)["elements"]}
    found = {e["element"] for deal in company.deals for e in deal.get("evidence", []) if "element" in e}
    assert found == known
