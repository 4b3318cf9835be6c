"""``portability`` on the command line: what a CRM can hold of a process, for a consultant to read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.running import CHECKOUT, dealgate, golden

SCHEMA = CHECKOUT / "schemas" / "output" / "portability.schema.json"


def test_a_process_in_tryton_reads_at_eighty_columns(elsewhere: Path) -> None:
    ran = dealgate("portability", "--crm", "tryton")
    assert ran.code == 0, ran.all
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("portability-tryton.txt", ran.out)


def test_it_is_had_as_json(elsewhere: Path) -> None:
    ran = dealgate("portability", "--crm", "tryton", "--process", "transactional", "--output", "json")
    found = json.loads(ran.out)
    assert [e.message for e in Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(found)] == []
    assert sum(found["counts"].values()) == len(found["criteria"])


def test_an_adapter_that_is_not_there_is_told_with_the_nearest(elsewhere: Path) -> None:
    ran = dealgate("portability", "--crm", "tritton")
    assert ran.code == 2
    assert "error DG978: There is no adapter `tritton`." in ran.err and "did you mean `tryton`?" in ran.err


def test_an_adapter_that_declares_nothing_is_told_so(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dealgate_adapters.tryton as module

    monkeypatch.delattr(module, "CAPABILITIES")
    ran = dealgate("portability", "--crm", "tryton")
    assert ran.code == 2 and "error DG967" in ran.err
    assert "dealgate_adapters.tryton" in sys.modules
