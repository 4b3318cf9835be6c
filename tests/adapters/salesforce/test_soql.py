"""Values never become structure: whatever stands in them, a query asks what it was made to ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.salesforce.soql import parsed

from dealgate_adapters.salesforce.soql import is_id, is_name, literal, select

HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="'\\\"\n\r\t\b\f%_)(= ORLIKE", max_size=40),
    st.sampled_from(["' OR Name != '", "\\' OR Id != \\'", "x' LIMIT 1 --", "'); DELETE", "\\", "'", "%", "\u2019"]),
)


@given(HOSTILE)
def test_a_text_is_compared_as_it_is_and_nothing_else(text: str) -> None:
    query = parsed(select(["Id"], "Opportunity", [f"Name = {literal(text)}"]))
    assert query.test({"Name": text}, lambda row, name: row[name])
    assert not query.test({"Name": text + "x"}, lambda row, name: row[name])
    assert query.used == ["Id", "Name"]


@given(st.lists(HOSTILE, min_size=1, max_size=4), HOSTILE)
def test_a_list_holds_its_texts_alone(texts: list[str], other: str) -> None:
    query = parsed(select(["Id"], "Task", [f"Subject IN {literal(texts)}", f"WhatId = {literal(other)}"], ["Id"], 5))
    for text in texts:
        assert query.test({"Subject": text, "WhatId": other}, lambda row, name: row[name])
    assert query.test({"Subject": other, "WhatId": other}, lambda row, name: row[name]) is (other in texts)
    assert (query.limit, query.order) == (5, [("Id", False)])


@given(HOSTILE, HOSTILE)
def test_what_is_no_name_makes_no_query(name: str, other: str) -> None:
    if not is_name(name):
        with pytest.raises(ValueError):
            select(["Id", name], "Opportunity")
        with pytest.raises(ValueError):
            select(["Id"], name)
        with pytest.raises(ValueError):
            select(["Id"], "Opportunity", order=[name])
    assert not is_name(f"{name} {other}")


def test_a_moment_is_written_in_utc() -> None:
    at = datetime(2026, 11, 1, 10, 30, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    assert literal(at) == "2026-11-01T08:30:00.123Z"
    assert parsed(f"SELECT Id FROM Task WHERE CreatedDate > {literal(at)}").test(
        {"CreatedDate": datetime(2026, 11, 1, 8, 30, 1, tzinfo=UTC)}, lambda row, name: row[name]
    )


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("0065e0000000001", True),
        ("0065e0000000001AAA", True),
        ("0065e000000000", False),
        ("0065e0000000001' ", False),
        ("0065e0000000001/../", False),
        ("0065e0000000001\n", False),
        ("", False),
    ],
)
def test_an_id_is_15_or_18_letters_and_digits(text: str, right: bool) -> None:
    assert is_id(text) is right
