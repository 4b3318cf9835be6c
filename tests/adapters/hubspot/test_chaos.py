"""HubSpot that fails in every way, at any request, while people go on: nothing is lost and nothing is done twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.hubspot import HubSpotFake
from tests.fakes.served import Reply, Request

from dealgate.ports import Action, CreateTask, MoveStage, Note, SetFields, Trouble
from dealgate.sync.mirror import Mirror
from dealgate.sync.pull import pull
from dealgate_adapters import _http

from .shop import opened, sell

pytestmark = pytest.mark.slow
WAYS = ("throttled", "throttled-blind", "server-error", "lost")
STAGES = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent")


@pytest.fixture
def failing(fake: HubSpotFake, monkeypatch: pytest.MonkeyPatch) -> HubSpotFake:
    """One request in six fails, before or after it was done, and none is asked again by itself."""
    chance = random.Random(7)
    monkeypatch.setattr(_http, "ATTEMPTS", 1)
    plain = fake.answer

    def answer(request: Request) -> Reply:
        reply = plain(request)
        if fake.planned == [] and chance.random() < 1 / 6:
            fake.planned.append((chance.choice(WAYS), chance.choice(("before", "after"))))
        return reply

    fake.answer = answer  # type: ignore[method-assign]
    return fake


def test_a_copy_that_is_read_through_failures_equals_the_account(failing: HubSpotFake, tmp_path: Path) -> None:
    chance = random.Random(11)
    ids, troubles = sell(failing, 40), Counter[str]()
    portal = failing.portal
    for _ in range(60):
        for _ in range(chance.randint(0, 3)):
            failing.tick(seconds=chance.choice((0, 1, 30)))
            live = list(portal.live("deals"))
            one = chance.choice(live)
            what = chance.random()
            if what < 0.3:
                portal.update("deals", one, {"dealstage": chance.choice(STAGES)})
            elif what < 0.7:
                portal.update("deals", one, {"amount": str(chance.randint(1, 999))})
            elif what < 0.85:
                ids += sell(failing, 1)
            elif len(live) > 5:
                portal.archive("deals", one)
        failing.lag = timedelta(seconds=chance.choice((0, 0, 5, 25)))
        mirror = Mirror(tmp_path / "mirror.db")
        try:
            with opened(failing) as adapter:
                run = pull(adapter, mirror, limit=chance.choice((3, 10, 2_000)))
                troubles.update(trouble.kind for _, trouble in run.troubles)
        except Trouble as trouble:
            troubles[trouble.kind] += 1
        finally:
            mirror.close()
        failing.tick(minutes=chance.choice((1, 10)))
    failing.answer = HubSpotFake.answer.__get__(failing)  # type: ignore[method-assign]
    failing.heal()
    failing.lag = timedelta(0)
    failing.tick(minutes=10)
    mirror = Mirror(tmp_path / "mirror.db")
    with opened(failing) as adapter:
        assert pull(adapter, mirror).watermark is not None
    rows = {row["id"]: row for row in mirror.rows(ids).get("deals", [])}
    gone = set(mirror.gone(ids))
    held = {one: (row["dealstage"], row["amount"]) for one, row in rows.items() if one not in gone}
    live = portal.live("deals")
    assert held == {one: (live[one].properties["dealstage"], live[one].properties["amount"]) for one in live}
    told = Counter((row["deal"], row["dealstage"], row["amount"]) for row in mirror.rows(list(live))["deals__history"])
    for one, deal in live.items():
        assert told[one, deal.properties["dealstage"], deal.properties["amount"]] >= 1
        moments = {line["timestamp"] for name in ("dealstage", "amount") for line in deal.history[name]}
        assert len(moments) <= sum(count for key, count in told.items() if key[0] == one)
    mirror.close()
    assert sum(troubles.values()) > 20, troubles


def test_each_write_is_done_once_through_failures(failing: HubSpotFake) -> None:
    ids = sell(failing, 6)
    actions: list[Action] = []
    for n, one in enumerate(ids):
        key = f"{n}" * 60
        actions += [
            MoveStage(one, "qualifiedtobuy", "appointmentscheduled", f"m{key}"),
            SetFields(one, {"amount": f"{n}.25"}, f"f{key}"), Note(one, f"Note {n}", f"n{key}"),
            CreateTask(one, f"Task {n}", "", f"t{key}"),
        ]  # fmt: skip
    failures = 0
    for action in actions:
        for _ in range(60):
            failing.tick()
            try:
                with opened(failing) as adapter:
                    outcome = adapter.apply(action)
            except Trouble:
                failures += 1
                continue
            if outcome.kind != "throttled":
                break
            failures += 1
        assert outcome.kind in ("applied", "already"), outcome
    assert failures > 10
    portal = failing.portal
    for n, one in enumerate(ids):
        deal = portal.objects["deals"][one]
        assert (deal.properties["dealstage"], deal.properties["amount"]) == ("qualifiedtobuy", f"{n}.25")
        assert len(deal.history["dealgate_key"]) == 2

    def bodies(kind: str, name: str) -> list[Any]:
        return sorted(str(held.properties[name]).split("<br>")[0] for held in portal.objects[kind].values())

    assert bodies("notes", "hs_note_body") == [f"Note {n}" for n in range(6)]
    assert bodies("tasks", "hs_task_subject") == [f"Task {n}" for n in range(6)]
