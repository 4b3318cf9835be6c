"""What an operator reads when something is wrong with the CRM, and that nothing is lost by it.

The golden files have all of it, a file for each CRM, to be read as it is read at three in the night.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.adapters.whole.keys import certificate, pem
from tests.cli.running import Ran
from tests.fakes.served import Reply, Request

from .conftest import Opening
from .crms import CRMS
from .place import Cause, Place, host, instead

GOLDENS = Path(__file__).parent / "goldens"


def golden(name: str, text: str) -> None:
    """Compares with a golden file; DEALGATE_GOLDEN=write writes it instead."""
    path = GOLDENS / name
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"no golden file {name}: write it with DEALGATE_GOLDEN=write and read it"
    assert text == path.read_text(encoding="utf-8")


def told(place: Place, ran: Ran, code: int = 5) -> str:
    """What was said of what is wrong, once it is sure that it is fit to be read."""
    assert ran.code == code, ran.all
    assert "Traceback" not in ran.all and "dealgate made a mistake" not in ran.all
    for secret in (*place.credentials.values(), *place.heard.secrets):
        assert not secret or secret not in ran.all
    words = ran.err if code == 5 else ran.out + ran.err
    text = words.replace(host(place), "HOST").replace(str(place.folder), "HERE")
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    if code == 5:
        assert text.startswith("crm") or "\ncrm" in text, "it names the source"
        for line in re.findall(r"(?m)^crm.*? error DG.*(?:\n {2}.*)*", text):
            assert "\n  = " in line, f"it says what to do: {line}"
    return f"exit {ran.code}\n{text.strip()}\n"


def sales(place: Place) -> list[str]:
    """Deals, of which two were moved past a gate, before anything goes wrong; and what a plan would do."""
    deals = place.sell(3)
    place.done("sync")
    place.leak(deals[:2])
    place.done("sync")
    place.done("enforce", "crm", "--plan", "plan.json")
    return deals


def meanwhile(place: Place, deals: list[str]) -> None:
    """What people do while the CRM does not let us in."""
    place.fake.tick(minutes=20)
    place.rig.edit(deals[2], **{place.title_field: "Renamed meanwhile", place.amount_field: 2500})
    place.sell(1)
    place.fake.tick(minutes=20)


def equal(place: Place) -> None:
    """The store has what the CRM has: name and amount as the rig tells them, all as a fresh store has it."""
    stored = place.stored()
    assert {ident: (row[0], row[1] / 100) for ident, row in stored.items()} == place.standing()
    fresh = place.folder / "fresh"
    fresh.mkdir()
    (fresh / "dealgate.yaml").write_text((place.folder / "dealgate.yaml").read_text("utf-8"), "utf-8")
    before = Path.cwd()
    os.chdir(fresh)
    try:
        place.done("store", "init")
        place.done("sync")
        assert place.stored() == stored
    finally:
        os.chdir(before)


def trouble(place: Place, cause: Cause, deals: list[str]) -> str:
    """What a cause looks like; and once it is gone, all is as if it had never been."""
    cause.stop()
    if cause.write:
        said = told(place, place.run("enforce", "crm", "--apply", "plan.json"), cause.code)
        cause.go()
        again = place.run("enforce", "crm", "--apply", "plan.json")
        assert again.code in (0, 1), again.all  # what depended on what was refused needs a new plan
        place.fake.tick(minutes=20)
        place.done("sync")
        place.done("enforce", "crm", "--plan", "next.json")
        place.done("enforce", "crm", "--apply", "next.json")
        return f"# {cause.title}\n$ dealgate enforce crm --apply plan.json\n{said}"
    meanwhile(place, deals)
    words = ["sync"]
    said = told(place, place.run(*words))
    told(place, place.run("sync"))  # again, and it is still so
    cause.go()
    place.fake.tick(minutes=20)
    place.done(*words)
    equal(place)
    return f"# {cause.title}\n$ dealgate {' '.join(words)}\n{said}"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CRMS))
def test_what_is_wrong_is_told_in_a_sentence_with_what_to_do_and_nothing_is_lost(
    opening: Opening, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    texts = []
    count = len(list(opening(name).causes()))
    for number in range(count):
        place = opening(name)
        deals = sales(place)
        cause = list(place.causes())[number]
        texts.append(trouble(place, cause, deals))
    texts += [down(opening(name)), stale_writes(opening(name))]
    golden(f"{name}.txt", "\n".join(texts))


def down(place: Place) -> str:
    """Nobody answers; then somebody answers that it failed."""
    deals = sales(place)
    meanwhile(place, deals)
    with nobody() as url:
        place.write(url)
        nothing = told(place, place.run("sync"))
        unwritten = told(place, place.run("enforce", "crm", "--apply", "plan.json"))
        place.write()
    with instead(place, failed):
        broken = told(place, place.run("sync"))
    place.fake.tick(minutes=20)
    place.done("sync")
    equal(place)
    return (
        f"# Nobody answers\n$ dealgate sync\n{nothing}$ dealgate enforce crm --apply plan.json\n{unwritten}\n"
        f"# It answers with status 500\n$ dealgate sync\n{broken}"
    )


def failed(request: Request) -> Reply:
    return Reply(500, b"<html>We are working on it.</html>")


def stale_writes(place: Place) -> str:
    """The access ends between plan and apply, and is given again."""
    sales(place)
    stale = next(iter(place.causes()))
    stale.stop()
    said = told(place, place.run("enforce", "crm", "--apply", "plan.json"))
    stale.go()
    place.done("enforce", "crm", "--apply", "plan.json")
    return f"# {stale.title}, between plan and apply\n$ dealgate enforce crm --apply plan.json\n{said}"


@contextmanager
def nobody() -> Iterator[str]:
    """An address of this machine where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


# ------------------------------------------------ TLS


@contextmanager
def strange(folder: Path) -> Iterator[str]:
    """A server whose certificate nobody has signed but itself."""
    (folder / "own.pem").write_text(pem() + certificate(), "utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    door = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                one, _ = door.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(one, server_side=True) as line:
                    heard.append(line.recv(65536))
            except OSError:
                one.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{door.getsockname()[1]}"
        assert heard == [], "nothing was said to it"
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(5)


@pytest.mark.parametrize("name", sorted(CRMS))
def test_a_certificate_that_is_not_trusted_is_refused_whatever_options_and_environment_say(
    opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = opening(name)
    for variable in ("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED", "SSL_VERIFY", "HTTPX_VERIFY"):
        monkeypatch.setenv(variable, "0")
    for variable in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, "")
    with strange(tmp_path) as url:
        place.write(url, verify=False, verify_ssl=False, insecure=True, ssl="off", tls=False, trust_env=False)
        ran = place.run("sync")
    said = told(place, ran)
    assert "The certificate of HOST cannot be trusted." in " ".join(said.split())
    golden("certificate.txt", said)


# ------------------------------------------------ a field that is kept from us


def test_a_field_that_the_user_may_not_see_any_more_is_not_taken_for_an_empty_one(opening: Opening) -> None:
    place = opening("zoho")
    one, other, last = place.sell(3)
    place.done("sync")
    crm = place.crm  # type: ignore[attr-defined]
    crm.hidden.add(("Deals", "Amount"))
    place.fake.tick(minutes=20)
    place.rig.edit(one, Deal_Name="Renamed", Amount=7)
    place.rig.edit(other, Amount=None)
    for _ in range(2):
        ran = place.run("sync")
        said = " ".join(ran.err.split())
        assert (ran.code, "error DG870: The CRM does not tell `Amount` of deals any more" in said) == (5, True), ran.all
        assert [place.stored()[deal][:2] for deal in (one, other)] == [("Renamed", 100000), ("Deal 1", 100100)]
        place.fake.tick(minutes=20)
    crm.hidden.clear()
    place.done("sync")
    assert [place.stored()[deal][1] for deal in (one, other, last)] == [700, None, 100200]


def test_a_field_that_somebody_emptied_is_empty(opening: Opening) -> None:
    place = opening("zoho")
    deals = place.sell(2)
    place.done("sync")
    place.fake.tick(minutes=20)
    for deal in deals:
        place.rig.edit(deal, Amount=None)
    place.done("sync")
    assert [row[1] for row in place.stored().values()] == [None, None]
