"""No secret is in anything that a workspace keeps, prints or logs, whatever the CRM does."""

from __future__ import annotations

import logging
import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, dealgate
from tests.fakes.served import Reply, Request

from .conftest import Opening
from .crms import CRMS
from .place import Place, instead
from .search import found

LOGGERS = ("", "httpx", "httpcore", "stamina", "apscheduler", "urllib3")
ERRORS: dict[str, Any] = {
    "salesforce": [{"message": "No.", "errorCode": "SOME_ERROR"}],
    "hubspot": {"status": "error", "message": "No.", "category": "SOME"},
    "pipedrive": {"success": False, "error": "No.", "error_info": "Ask."},
    "dynamics": {"error": {"code": "0x80040220", "message": "No."}},
    "zoho": {"code": "SOME_ERROR", "message": "No.", "details": {}, "status": "error"},
}


class Told:
    """What was printed, and logged at the finest level of all."""

    def __init__(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        self.place, self.caplog = place, caplog
        self.said: list[tuple[str, str]] = []
        self.codes: list[int] = []

    def run(self, *words: object) -> Ran:
        for name in LOGGERS:
            self.caplog.set_level(logging.DEBUG, name)
        ran = self.place.run(*words)
        label = " ".join(map(str, words))
        self.said += [(label, ran.all), (f"{label}: log", self.caplog.text)]
        self.said += [(f"{label}: log", str(record.__dict__)) for record in self.caplog.records]
        self.caplog.clear()
        assert "Traceback" not in ran.all, ran.all
        self.codes.append(ran.code)
        return ran

    def round(self, plan: str) -> None:
        """All that asks the CRM, once."""
        self.place.fake.tick(minutes=20)
        self.run("sync")
        self.run("sync", "--full", "--dry-run")
        self.run("describe", "crm")
        self.run("enforce", "crm", "--plan", plan)
        if Path(plan).exists():
            self.run("enforce", "crm", "--apply", plan)
        self.place.fake.tick(minutes=20)
        self.run("run", "--once", "--metrics-file", "metrics.prom")
        self.run("run", "--health", "--output", "json")


def failing(place: Place, status: int, *, writes: bool = False) -> Any:
    """The CRM answers so; to writes alone, if these are asked for. Whoever asks for a token gets one."""

    def reply(request: Request) -> Reply | None:
        reads = request.method == "GET" or request.path.endswith(("/search", "/coql", "/read", "/composite"))
        if request.path.endswith(place.login) or (writes and reads):
            return None
        return Reply(status, ERRORS[place.name], {"X-Echo": place.fake.url})

    return instead(place, reply)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CRMS))
def test_no_secret_is_kept_printed_or_logged_whatever_the_crm_answers(
    opening: Opening, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    place = opening(name)
    told = Told(place, caplog)
    deals = place.sell(4)
    told.run("run", "--once")
    told.round("first.json")
    place.leak(deals[:2])
    told.run("sync")
    told.run("enforce", "crm", "--plan", "leaked.json")

    place.echo = True  # from here on, each refusal repeats what it was asked with, and more
    with failing(place, 400, writes=True):
        told.run("enforce", "crm", "--apply", "leaked.json")
    for status in (403, 400, 500):
        with failing(place, status):
            told.round("failed.json")
            told.run("enforce", "crm", "--apply", "leaked.json")
    stale, *others = place.causes()
    stale.stop()
    told.round("stale.json")
    stale.go()
    for cause in others:
        cause.stop()
        told.run("sync")
        cause.go()
    place.echo = False
    told.round("last.json")
    assert told.codes[-7] == 0 and told.codes.count(5) >= 10, "the CRM failed, and then did not"

    secrets = {*place.credentials.values(), *place.heard.secrets, *place.rig.secrets} - {""}
    assert len(secrets) > len(place.credentials), "the tokens are among them"
    assert found(secrets, place.folder, told.said) == []


@pytest.mark.slow
@pytest.mark.parametrize("which", ["salesforce", "dynamics"])
def test_no_private_key_is_kept_printed_or_logged(
    opening: Opening, caplog: pytest.LogCaptureFixture, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.adapters.whole.keys import certificate, pem, public

    place = opening(which)
    named = {"private_key": pem()}
    if which == "salesforce":
        place.crm.door.public = public()  # type: ignore[attr-defined]
        place.options = {**place.options, "user": "robot@acme.example"}
        place.credentials = {**named, "client_id": place.credentials["client_id"]}
    else:
        monkeypatch.setattr(place.fake, "signed", lambda form: form.get("client_assertion", "").count(".") == 2)
        place.credentials = {**named, "certificate": certificate()}
    for credential, value in place.credentials.items():
        monkeypatch.setenv(place.env(credential), value)
    place.write()
    told = Told(place, caplog)
    place.sell(2)
    told.round("plan.json")
    assert told.codes[0] == 0, told.said[0]
    place.echo = True
    for status in (403, 500):
        with failing(place, status):
            told.round("failed.json")
    monkeypatch.setenv(place.env("private_key"), pem().replace("A", "B"))
    assert told.run("sync").code == 5
    told.round("wrong.json")
    secrets = {pem(), pem().replace("A", "B"), *place.heard.secrets} - {""}
    assert found(secrets, place.folder, told.said) == []


@pytest.mark.parametrize("where", ["sql", "tryton", "odoo"])
def test_no_password_is_told_where_the_server_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    password = "p@ss/w0rd-of-the-crm"  # noqa: S105
    url = "postgresql+psycopg://ada:p%40ss%2Fw0rd-of-the-crm@127.0.0.1:1/crm"
    given = {
        "sql": ("shape: fivetran-salesforce", "url: '${env:THE_URL}'"),
        "tryton": ("database: crm, user: ada", "password: '${env:THE_WORD}'"),
        "odoo": ("database: crm, user: ada", "api_key: '${env:THE_WORD}'"),
    }[where]
    monkeypatch.setenv("THE_URL", url)
    monkeypatch.setenv("THE_WORD", password)
    monkeypatch.chdir(tmp_path)
    address = "" if where == "sql" else "    url: http://127.0.0.1:1\n"
    (tmp_path / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: a\ntitle: A\nprocesses: [practical]\nsources:\n  crm:\n"
        f"    adapter: {where}\n{address}    process: practical\n    options: {{{given[0]}}}\n"
        f"    credentials: {{{given[1]}}}\n",
        "utf-8",
    )
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, name)
    said = [("init", dealgate("store", "init").all)]
    for words in (["sync"], ["describe", "crm"]):
        ran = dealgate(*words)
        assert (ran.code, "cannot be reached" in ran.all) == (5, True), ran.all
        said.append((" ".join(words), ran.all))
    said.append(("log", caplog.text))
    assert found([password, url], tmp_path, said) == []


def test_the_search_finds_a_secret_in_whatever_form_it_lies(tmp_path: Path) -> None:
    secret = 'sécret/"one" of+ours'  # noqa: S105 - made up
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.execute("CREATE TABLE t (x)")
        base.execute("INSERT INTO t VALUES (?)", (b64encode(f"Basic x:{secret}".encode()),))
        base.commit()
    (tmp_path / "b.txt").write_bytes(secret.encode())
    said = [
        ("url", "?a=s%C3%A9cret%2F%22one%22+of%2Bours"),
        ("json", '"s\\u00e9cret/\\"one\\" of+ours"'),
        ("no", "cret"),
    ]
    assert {one.partition(": s")[0] for one in found([secret], tmp_path, said)} == {
        "a.db", "a.db: t", "b.txt", "url", "json",
    }  # fmt: skip
