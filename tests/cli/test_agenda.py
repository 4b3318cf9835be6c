"""Agendas on the command line: their forms, whose they are, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from icalendar import Calendar
from lxml import html

from .running import AS_OF, CHECKOUT, dealgate, golden
from .test_past import told as checked

FOR = ("--for", "Freya Salazar")


def written(company: Path, *words: object, columns: int = 80) -> str:
    """An agenda of the demo company."""
    ran = dealgate("inspect", company, *AS_OF, "--agenda", *words, columns=columns)
    assert ran.code == 0, ran.err
    return ran.out


def test_the_weekly_agenda_of_a_manager_fits_a_page_at_80_columns(company: Path) -> None:
    out = written(company, "weekly", *FOR)
    lines = out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    golden("agenda.txt", out)


def test_the_weekly_agenda_of_everybody_fits_a_page_too(company: Path) -> None:
    assert len(written(company, "weekly").splitlines()) <= 40


@pytest.mark.parametrize("manager", ["Freya Salazar", "Chloé Haddad", "Idris Marchetti"])
def test_every_weekly_agenda_is_short_and_every_point_is_whole(company: Path, manager: str) -> None:
    assert len(written(company, "weekly", "--for", manager).splitlines()) <= 40
    found = json.loads(written(company, "weekly", "--for", manager, "--output", "json"))
    points = [point for section in found["sections"] for point in section["points"]]
    assert points
    assert all(point["deal"] and point["amount"] and point["why"] and point["ask"] for point in points)


@pytest.mark.parametrize("review", ["daily", "weekly", "forecast-call", "monthly", "quarterly"])
def test_every_review_that_ships_is_written_and_its_json_holds_by_its_schema(company: Path, review: str) -> None:
    assert max(map(len, written(company, review).splitlines())) <= 80
    found: dict[str, Any] = json.loads(written(company, review, "--output", "json"))
    schema = json.loads((CHECKOUT / "schemas/output/agenda.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert sum(section["minutes"] for section in found["sections"]) == found["minutes"]


def test_the_agenda_as_markdown(company: Path) -> None:
    golden("agenda.md", written(company, "weekly", *FOR, "--output", "markdown"))


def test_the_calendar_file_is_read_back_and_a_second_import_updates_the_event(company: Path, tmp_path: Path) -> None:
    out = tmp_path / "weekly.ics"
    written(company, "weekly", *FOR, "--output", "ics", "--out", out)
    raw = out.read_bytes()
    golden("agenda.ics", raw.decode().replace("\r\n", "\n"))
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert event.decoded("dtstart") == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert event.decoded("duration") == timedelta(minutes=25)
    assert event.decoded("dtstamp") == datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    assert "Riskiest commits" in str(event["description"])
    again = dealgate("inspect", company, "--as-of", "2026-11-24", "--agenda", "weekly", *FOR, "--output", "ics")
    (later,) = Calendar.from_ical(again.out).walk("VEVENT")
    assert later["uid"] == event["uid"]
    (other,) = Calendar.from_ical(written(company, "weekly", "--output", "ics")).walk("VEVENT")
    assert other["uid"] != event["uid"]


def test_the_page_needs_nothing_beside_it_and_escapes_what_a_deal_says(company: Path, tmp_path: Path) -> None:
    record = json.loads(company.read_text(encoding="utf-8").splitlines()[-1])
    hostile = "<script>alert(1)</script>"
    record |= {"name": hostile, "status": "open", "close_date": "2027-01-15", "amount": "10.00"}
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(record) + "\n", encoding="utf-8")
    page = html.fromstring(written(file, "weekly", "--output", "html"))
    assert hostile in page.text_content()
    assert not page.xpath("//script | //link | //img | //@src | //@href")
    assert len(page.xpath("//section")) == 4
    assert f"\\{hostile[0]}script" in written(file, "weekly", "--output", "markdown")


def test_a_team_and_an_owner_have_an_agenda_of_their_own(company: Path) -> None:
    team = json.loads(written(company, "weekly", "--for", "apac SALES", "--output", "json"))
    manager = json.loads(written(company, "weekly", *FOR, "--output", "json"))
    assert (team["for"], team["open_deals"]) == ("APAC sales", manager["open_deals"])
    owner = json.loads(written(company, "weekly", "--for", "Yuki Solheim", "--output", "json"))
    owners = {point["owner"] for section in owner["sections"] for point in section["points"]}
    assert owners == {"Yuki Solheim"}


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--agenda", "wekly"), "DG831", "weekly"),
        (("--agenda", "weekly", "--for", "Freya Salazr"), "DG832", "Freya Salazar"),
        (("--agenda", "monthly", "--output", "ics"), "DG833", "held"),
        (("--agenda", "weekly", "--output", "csv"), "DG834", "markdown"),
        (("--output", "ics"), "DG834", "--agenda"),
        (("--for", "Freya Salazar"), "DG834", "--agenda"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(company: Path, words: tuple[str, ...], code: str, hint: str) -> None:
    refused = dealgate("inspect", company, *AS_OF, *words)
    checked(refused, code, 2)
    assert hint in refused.err
