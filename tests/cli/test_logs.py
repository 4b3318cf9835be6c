"""Logs of what runs by itself: one line an event, and no secret in any form in which it is sent."""

from __future__ import annotations

import io
import json
import logging
import warnings
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dealgate.cli.logs import HIDDEN, Redactor, set_up

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@given(st.text(min_size=8, max_size=40).filter(lambda text: text.strip() == text and "\n" not in text), st.data())
def test_a_known_secret_is_in_no_line_whichever_way_it_is_written(secret: str, data: st.DataObject) -> None:
    ways = (secret, quote(secret, safe=""), b64encode(secret.encode()).decode(), f"https://ada:{secret}@crm.example/")
    said = data.draw(st.sampled_from(ways))
    human = data.draw(st.booleans())
    assume(secret not in line([], HIDDEN, human))
    shown = line([secret], said, human)
    assert secret not in shown and secret not in json.dumps(shown)
    assert HIDDEN in shown


def line(secrets: list[str], said: str, human: bool) -> str:
    out = io.StringIO()
    with set_up(Redactor(secrets), lambda: NOW, out, human=human) as log:
        log.info("ran", said=f"It answered: {said}.", more={"list": [said]})
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer 00D5g000004.AQ!xyz-abc_def=",
        "the password=hunter2 was wrong",
        "Basic YWRhOmh1bnRlcjI=hunter2",
        '{"client_secret": "hunter2hunter2"}',
        "?access_token=hunter2&x=1",
        "postgresql://ada:hunter2@db.example/crm",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodW50ZXIyIn0.c2lnbmF0dXJl",
        "xoxb-hunter2hunter2",
        "whsec_hunter2hunter2",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_though_nobody_named_it(text: str) -> None:
    cleaned = Redactor().text(text)
    assert HIDDEN in cleaned
    for part in ("hunter2", "AQ!xyz", "eyJpc3Mi"):
        assert part not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "The CRM does not take the token. What to do: make a new one, and set it",
        "The token has expired.",
        "DG971: set CRM_TOKEN",
        "basic authentication is switched off; see token configuration",
        "2 deals read, 2 new; kept in .dealgate/plans/crm-2026-11-02T090000Z.json",
        "https://crm.example/api/deals",
    ],
)
def test_what_an_operator_needs_is_left(text: str) -> None:
    assert Redactor(["s3cr3t-one"]).text(text) == text


def test_what_is_named_as_a_secret_is_taken_out_whatever_it_is() -> None:
    assert Redactor().value({"api_key": 4711, "deals": {"read": 3}, "password": None}) == {
        "api_key": HIDDEN, "deals": {"read": 3}, "password": None,
    }  # fmt: skip


def test_each_line_of_a_key_and_the_password_of_an_address_are_secrets_too() -> None:
    redactor = Redactor(["-----BEGIN X-----\nMIIEvAIBADANBg\nkqhkiG9w0BAQEF", "mysql://ada:pa55word@db/crm"])
    assert redactor.text("kqhkiG9w0BAQEF, pa55word") == f"{HIDDEN}, {HIDDEN}"


def test_a_secret_too_short_to_be_one_does_not_blot_out_the_rest() -> None:
    assert Redactor(["a", ""]).text("a plan") == "a plan"


def test_a_renewed_secret_is_known_beside_the_one_before() -> None:
    redactor = Redactor(["first-one"])
    redactor.know(["second-one"])
    assert redactor.text("first-one second-one") == f"{HIDDEN} {HIDDEN}"


def test_a_line_of_json_has_its_moment_first_and_cannot_steer_a_terminal() -> None:
    out = io.StringIO()
    with set_up(Redactor(), lambda: NOW, out, human=False) as log:
        log.warning("missed", job="a", count=2, nothing=None, said="\x1b[2J\nx")
    (line,) = out.getvalue().splitlines()
    assert line.startswith('{"at": "2026-11-02T09:00:00Z", "level": "warning", "event": "missed", "job": "a"')
    assert json.loads(line)["said"] == "\x1b[2J\nx" and "\x1b" not in line


def test_off_a_terminal_lines_are_json() -> None:
    out = io.StringIO()
    with set_up(Redactor(), lambda: NOW, out) as log:
        log.info("ended", said="x")
    assert json.loads(out.getvalue())["event"] == "ended"


def test_a_warning_of_python_is_a_line_of_the_log() -> None:
    out = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with set_up(Redactor(), lambda: NOW, out, human=False):
            warnings.warn("Ada Okafor", stacklevel=1)
    assert json.loads(out.getvalue())["library"] == "py.warnings" and "Ada" not in out.getvalue()


def test_afterwards_no_handler_is_left() -> None:
    before = list(logging.getLogger().handlers)
    with set_up(Redactor(), lambda: NOW, io.StringIO()):
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before


def test_a_line_that_cannot_be_written_ends_nobodys_work_and_is_counted() -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    out = Full()
    with set_up(Redactor(), lambda: NOW, out, human=False) as log:
        log.info("ran", said="x")
        log.info("ran", said="y")
        out.full = False
        log.info("ran", said="z")
        log.info("ended", said="z")
    assert [json.loads(line).get("lost") for line in out.getvalue().splitlines()] == [2, None]


def test_a_source_stands_before_a_line_for_a_person_where_no_job_does() -> None:
    out = io.StringIO()
    with set_up(Redactor(), lambda: NOW, out, human=True) as log:
        log.info("ran", source="crm", said="told of 3")
        log.warning("ran", source="crm", job="crm-sync", said="stopped")
    assert out.getvalue() == "2026-11-02 09:00:00 crm: told of 3\n2026-11-02 09:00:00 warning: crm-sync: stopped\n"
