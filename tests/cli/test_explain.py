from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from tests.cli.running import AS_OF, TODAY, dealgate, golden

from dealgate import load
from dealgate.cli.render import explain
from dealgate.model.operators import OPERATORS

REPR = re.compile(
    r"<[A-Za-z_.]+ |\w+\([\w]+=|Decimal\(|Fraction\(|datetime\.|frozenset|\bNone\b|\bTrue\b|\bFalse\b|\{'"
)


def bare_ids() -> set[str]:
    """Ids that no reader should meet: of criteria, of fields and operators with ``_``, of elements with their framework."""
    process = load("practical").process
    found = {c.id for c in process.criteria} | {c.id.partition(".")[2] for c in process.criteria if "-" in c.id}
    found |= {f"{f.id}.{e.id}" for f in process.frameworks.values() for e in f.elements}
    found |= {name for name in process.catalogue.deal if "_" in name}
    found |= {name for known in process.catalogue.collections.values() for name in known.fields if "_" in name}
    found |= {name for name in process.catalogue.collections if "_" in name}
    return found | {s.id for s in process.stages if "-" in s.id} | {t for t in process.evidence_types if "-" in t}


def words_of(text: str) -> set[str]:
    """Everything that could be an id: runs of letters, digits, ``_``, ``-`` and ``.``."""
    return {word.strip(".-") for word in re.findall(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text)}


def test_a_deal_is_explained_in_thirty_lines_of_plain_words(company: Path, hero: str) -> None:
    out = dealgate("explain", company, "--deal", hero, *AS_OF).out
    assert len(out.splitlines()) <= 30
    assert max(len(line) for line in out.splitlines()) <= 80
    golden("explain-80.txt", out)


def test_no_open_deal_is_explained_with_an_operator_a_repr_or_an_id(records: list[dict[str, Any]]) -> None:
    jargon = {key for key in OPERATORS if "_" in key} | bare_ids()
    playbook = load("practical")
    moment = playbook.judge.moment(date.fromisoformat(TODAY))
    for record in [r for r in records if r["status"] == "open"]:
        standing = playbook.standing(record, as_of=moment.as_of)
        short = explain.short(standing, playbook.process, moment)
        full = explain.full(standing.verdicts, playbook.process)
        assert len(short.splitlines()) <= explain.LINES == 30
        for text in (short, "\n".join(line for line in full.splitlines() if not line.startswith("  rule "))):
            assert words_of(text) & jargon == set(), text
            assert not REPR.search(text), REPR.search(text)


def test_the_fields_words_are_not_taken_for_operators_and_ids_are_seen() -> None:
    jargon = {key for key in OPERATORS if "_" in key} | bare_ids()
    assert words_of("it must be at_least 2 for need-stated; bant.need on close_date") & jargon == {
        "at_least", "need-stated", "bant.need", "close_date",
    }  # fmt: skip
    assert not words_of("It is at least two, and not so before the close date. BANT need is missing.") & jargon


def test_the_full_trace_names_every_criterion_with_values_file_and_line(company: Path, hero: str) -> None:
    out = dealgate("explain", company, "--deal", hero, "--full", *AS_OF).out
    rules = re.findall(r"^  rule   .*practical\.yaml:\d+$", out, re.M)
    assert len(rules) == len(re.findall(r"^[✓✗?–w] ", out, re.M)) > 5
    golden("explain-full-80.txt", re.sub(r"(  rule   ).*(practical\.yaml:)\d+", r"\1\2…", out))


def test_a_deal_is_found_by_its_name_too(company: Path, records: list[dict[str, Any]]) -> None:
    names = [r["name"] for r in records]
    record = next(r for r in records if names.count(r["name"]) == 1)
    by_name = dealgate("explain", company, "--deal", record["name"].upper(), *AS_OF)
    assert by_name == dealgate("explain", company, "--deal", record["id"], *AS_OF)


def test_a_deal_that_is_not_open_says_so_instead_of_gaps(company: Path, records: list[dict[str, Any]]) -> None:
    lost = next(r for r in records if r["status"] == "lost")
    assert "Not judged: the deal is lost." in dealgate("explain", company, "--deal", lost["id"], *AS_OF).out
