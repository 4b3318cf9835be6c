"""Whatever is typed, whatever the file holds: an answer in words and a known status, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.running import AS_OF, CHECKOUT, dealgate, told

NAMES = sorted(p.stem for p in (CHECKOUT / "engine/dealgate/cli/commands").glob("[!_]*.py"))
OPTIONS = [
    "--output", "--as-of", "--mapping", "--process", "--deal", "--to", "--limit", "--full", "--framework", "--coverage",
    "--fail-on", "--seed", "--reason", "--from", "--client", "-h", "--", "-",
]  # fmt: skip
JUNK = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*OPTIONS, "json", "csv", "practical", "leads", "won", "2026-02-30", "=1+1", "0", "-1", "..", "/", "~",
                     "{}", "%s", "a" * 5000, "\u202e", "*", "?", "${HOME}"]),
)  # fmt: skip
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def no_writing(words: list[str]) -> bool:
    return "--out" not in words and "--save" not in words


@QUICK
@given(st.sampled_from([n for n in NAMES if n not in ("demo", "init")]), st.lists(JUNK, max_size=5).filter(no_writing))
def test_junk_words_are_answered(elsewhere: Path, name: str, words: list[str]) -> None:
    told(dealgate(name, *words))


@QUICK
@given(
    st.binary(max_size=300),
    st.sampled_from([".csv", ".xlsx", ".jsonl", ".json", ".parquet", ".yaml", ".test.yaml", ""]),
)
def test_a_file_of_junk_is_answered_by_every_command_that_reads_files(elsewhere: Path, data: bytes, end: str) -> None:
    file = elsewhere / f"junk{end}"
    file.write_bytes(data)
    told(dealgate("check", file, *AS_OF))
    told(dealgate("map", file))
    told(dealgate("validate", file))
    told(dealgate("test", file))
    told(dealgate("explain", file, "--deal", "1", "--process", file, *AS_OF))
    file.unlink()


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = [
    "stage",
    "status",
    "amount",
    "close_date",
    "name",
    "contacts",
    "activities",
    "evidence",
    "visits",
    "owner.name",
]


@QUICK
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), min_size=1, max_size=4))
def test_deals_of_any_json_are_judged_or_refused_and_none_is_lost(
    elsewhere: Path, records: list[dict[str, object]]
) -> None:
    import json

    lines = [json.dumps({"id": str(n), "stage": "qualification", **record}) for n, record in enumerate(records)]
    file = elsewhere / "deals.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    ran = told(dealgate("check", file, "--output", "jsonl", *AS_OF))
    if ran.code == 0:
        assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [str(n) for n in range(len(records))]
        told(dealgate("check", file, *AS_OF))
        told(dealgate("explain", file, "--deal", "0", *AS_OF))
    else:
        assert ran.code == 5 and "DG" in ran.err


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_given_a_folder_for_a_file_says_so(elsewhere: Path, name: str) -> None:
    (elsewhere / "folder").mkdir()
    told(dealgate(name, "folder") if name not in ("demo", "init") else dealgate(name, "--nope"))
