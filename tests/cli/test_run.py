"""``dealgate run``: what is due is done, what was missed is told, what fails is told once, and a signal ends it well."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, PATIENCE, dealgate, golden, told
from tests.cli.scheduled import APPLY, ENFORCE, HEALTH, SCHEDULE, Works, lines, looping, moment, of
from tests.cli.test_enforce import valid

from dealgate.cli import jobs
from dealgate.ports import Action, CreateTask, Outcome, Trouble


@pytest.fixture
def works(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    made = Works(elsewhere, monkeypatch)
    assert dealgate("store", "init").code == 0
    made.deal("006A", "prospecting", Name="Acme rollout", Owner="Ada Okafor", Topic="Costs", Amount=60000)
    made.deal("006B", "qualification", Name="Northwind renewal", Owner="Ben Ortiz", Amount=1200.5)
    made.at(8, 50, day=2)  # a Monday
    made.scheduled(SCHEDULE)
    return made


# ------------------------------------------------ what would run when


def test_a_list_of_what_would_run_when_reads_at_eighty_columns(works: Works) -> None:
    zone = '  - {id: nightly, run: enforce crm --all, at: "02:30", on: [monday, business days], time_zone: Europe/Berlin, apply: true}\n'
    works.scheduled(SCHEDULE + zone + '  - {id: friday, run: sync crm --full, cron: "0 18 * * 5"}\n')
    ran = dealgate("run", "--list")
    golden("run-list-80.txt", ran.out)
    assert (ran.code, ran.err, max(map(len, ran.out.splitlines())) <= 80) == (0, "", True)
    found = valid("run", dealgate("run", "--list", "--output", "json").out)
    assert [(job["id"], job["due"], job["apply"]) for job in found["jobs"]] == [
        ("crm-sync", "2026-11-02T09:00:00+00:00", False),
        ("nightly", "2026-11-03T01:30:00+00:00", True),
        ("friday", "2026-11-06T18:00:00+00:00", False),
    ]
    assert not HEALTH.exists(), "looking changes nothing"


def test_what_cannot_be_run_is_told_with_its_line(works: Works) -> None:
    works.scheduled("")
    ran = told(dealgate("run"))
    assert (ran.code, "error DG863: Nothing is scheduled" in ran.err) == (2, True)
    works.scheduled(
        "schedule:\n"
        "  - {id: a, run: snyc crm, every: 1 hour}\n"
        "  - {id: b, run: sync crm --all, every: 1 hour}\n"
        "  - {id: c, run: sync crm, every: 1 hour, apply: true}\n"
        "  - {id: d, run: sync cmr, every: 1 hour}\n"
        "  - {id: e, run: sync crm, every: 2 days}\n"
        '  - {id: f, run: sync crm, every: 1 hour, at: "06:30"}\n'
        "  - {id: g, run: sync crm}\n"
        '  - {id: h, run: sync crm, cron: "0 6 31 2 *"}\n'
        '  - {id: i, run: sync crm, cron: "61 * * * *"}\n'
        '  - {id: j, run: sync crm, at: "06:30", time_zone: Europe/Berlim}\n'
        '  - {id: k, run: sync crm, cron: "0 6 * * *", on: [monday]}\n'
        "  - {id: a, run: sync crm, every: 1 hour}\n"
    )
    ran = told(dealgate("validate", "dealgate.yaml"))
    golden("run-unfit.txt", ran.out)
    assert ran.code == 3
    assert told(dealgate("run", "--list")).code == 3


def test_two_things_at_once_are_refused(works: Works) -> None:
    ran = told(dealgate("run", "--once", "--list"))
    assert (ran.code, "error DG865: --once and --list are two things." in ran.err) == (2, True)


def test_without_a_workspace_nothing_is_run(elsewhere: Path) -> None:
    ran = told(dealgate("run"))
    assert (ran.code, "error DG863" in ran.err, "dealgate init" in ran.err) == (2, True, True)


# ------------------------------------------------ when


def test_a_job_is_due_from_its_next_time_on_and_then_each_time(works: Works) -> None:
    assert [line["event"] for line in works.once()] == ["begun", "ended"]
    assert works.crm.requests == 0
    works.at(9)
    (ran,) = of(works.once(), "ran")
    assert (ran["job"], ran["source"], ran["outcome"]) == ("crm-sync", "crm", "done")
    assert ran["deals"] == {"read": 2, "new": 2, "changed": 0, "gone": 0}
    assert ran["budget_left"] == 1_000_000 - works.crm.requests
    assert of(works.once(), "ran") == [], "once for each time"
    works.at(9, 15)
    assert len(of(works.once(), "ran")) == 1
    assert works.state()["succeeded"] == "2026-11-02T09:15:00+00:00"


def test_missed_runs_are_told_with_how_many_and_since_when_and_run_once(works: Works) -> None:
    works.once()
    works.at(12, 7)
    log = works.once()
    (missed,) = of(log, "missed")
    assert missed["count"] == 13
    assert missed["said"] == "due 13 times since 2026-11-02 09:00 UTC and not run; it runs once now"
    assert len(of(log, "ran")) == 1
    works.at(12, 15)
    log = works.once()
    assert (of(log, "missed"), len(of(log, "ran"))) == ([], 1)
    assert works.state()["missed"] == 13


def test_a_job_that_begins_within_a_minute_of_its_time_has_missed_none(works: Works) -> None:
    works.once()
    works.at(9)
    works.crm.tick(seconds=60)
    log = works.once()
    assert (of(log, "missed"), len(of(log, "ran"))) == ([], 1)
    works.at(9, 16)
    works.crm.tick(seconds=1)
    assert [line["count"] for line in of(works.once(), "missed")] == [1]


def test_years_of_missed_runs_are_counted_no_further_than_a_thousand(works: Works) -> None:
    works.scheduled(SCHEDULE.replace("15 minutes", "1 minute"))
    works.once()
    works.crm.now = works.crm.now.replace(year=2029)
    log = works.once()
    assert "due 1,000 times or more since" in of(log, "missed")[0]["said"]
    assert len(of(log, "ran")) == 1
    assert of(works.once(), "ran") == []


def test_another_rhythm_is_counted_from_when_it_is_seen(works: Works) -> None:
    works.once()
    works.at(12)
    works.scheduled(SCHEDULE.replace("15 minutes", "1 minute"))
    assert of(works.once(), "missed") == []


def test_what_is_due_runs_in_the_order_in_which_it_stands_one_after_the_other(works: Works) -> None:
    works.scheduled(SCHEDULE + ENFORCE + '  - {id: early, run: sync crm --full, at: "08:55"}\n')
    works.once()
    works.at(9)
    assert [line["job"] for line in of(works.once(), "ran")] == ["crm-sync", "crm-enforce", "early"]


def test_the_loop_sleeps_until_something_is_due_and_each_night_has_one_half_past_two(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealgate.cli.run.loop.LOOK", timedelta(hours=1))
    works.scheduled(
        'schedule:\n  - {id: nightly, run: sync crm, at: "02:30", time_zone: Europe/Berlin}\n'
        "  - {id: often, run: sync crm, every: 6 hours}\n"
    )
    nights = (
        ("2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),  # 03:00 becomes 02:00: half past two, twice
        ("2027-03-27T12:00", ["2027-03-28T01:00", "2027-03-29T00:30"]),  # 02:00 becomes 03:00: no half past two
    )
    for start, times in nights:
        works.crm.now = moment(start)
        HEALTH.unlink(missing_ok=True)
        assert [f"{at:%Y-%m-%dT%H:%M}" for at in nightly(works, timedelta(hours=40))] == times


def nightly(works: Works, length: timedelta) -> list[datetime]:
    """When the job of that name ran, in a loop that ran so long by the clock of the CRM."""
    ran: list[datetime] = []
    end = works.crm.now + length

    def wait(seconds: float) -> None:
        works.crm.tick(seconds=seconds)
        state = loop.state.job("nightly")
        if state.ran is not None and state.ran not in ran:
            ran.append(state.ran)
        if works.crm.now >= end:
            os.kill(os.getpid(), signal.SIGTERM)

    with looping(works, wait) as loop:
        loop.run()
    assert works.crm.now < end + timedelta(hours=1)
    assert [loop.state.job(job).missed for job in ("nightly", "often")] == [0, 0]
    return ran


# ------------------------------------------------ one at a time


def held_elsewhere(lock: Path) -> subprocess.Popen[str]:
    """Another process that holds a lock until its standard input ends."""
    code = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    lock.parent.mkdir(exist_ok=True)
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    return other


def ended(other: subprocess.Popen[str]) -> None:
    other.communicate(timeout=PATIENCE)


def test_a_source_that_another_process_holds_is_left_for_the_next_time(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.05)
    works.once()
    other = held_elsewhere(Path(".dealgate/crm.lock"))
    for minute, outcome in ((0, "busy"), (15, "busy"), (30, "failed")):
        works.at(9, minute)
        log = works.once(code=1 if outcome == "failed" else 0)
        assert of(log, "ran")[0]["outcome"] == outcome
    assert works.crm.requests == 0
    ended(other)
    works.at(9, 45)
    assert of(works.once(), "ran")[0]["outcome"] == "done"


def test_a_second_run_of_the_workspace_is_refused(works: Works) -> None:
    other = held_elsewhere(Path(".dealgate/run.lock"))
    ran = told(dealgate("run", "--once"))
    assert (ran.code, "error DG862: Another `dealgate run` is at work" in ran.err) == (5, True)
    ended(other)
    assert dealgate("run", "--once").code == 0


# ------------------------------------------------ what fails


def test_a_failing_source_is_told_and_tried_again_at_its_next_time(works: Works) -> None:
    works.once()
    good, works.crm.token = works.crm.token, "other"
    real = works.adapter
    works.adapter = lambda: _with(real(), good)  # type: ignore[method-assign]
    works.at(9)
    log = works.once(code=1)
    assert [line["code"] for line in of(log, "diagnostic")] == ["DG971"]
    assert of(log, "ran")[0]["outcome"] == "failed"
    works.at(9, 15)
    works.once(code=1)
    state = works.state()
    assert (state["failing_since"], state["failed"], state["code"]) == (
        "2026-11-02T09:00:00+00:00", "2026-11-02T09:15:00+00:00", "DG971",
    )  # fmt: skip
    works.crm.token = good
    works.at(9, 30)
    assert of(works.once(), "ran")[0]["outcome"] == "done"
    assert (works.state()["failing_since"], works.state()["code"]) == (None, "")


def _with(adapter: object, token: str) -> object:
    adapter.token = token  # type: ignore[attr-defined]
    return adapter


def test_a_mistake_of_ours_ends_one_job_and_its_words_are_not_told(works: Works) -> None:
    works.scheduled(SCHEDULE + "  - {id: hourly, run: sync crm --full, every: 1 hour}\n")
    works.once()
    works.at(9)
    calls = []

    def broken() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("Ada Okafor, ada@example.com")

    works.meanwhile = broken
    ran = dealgate("run", "--once", env={"DEALGATE_TRACEBACK": ""})
    log = lines(ran)
    assert [(line["job"], line["outcome"]) for line in of(log, "ran")] == [("crm-sync", "failed"), ("hourly", "done")]
    assert "dealgate made a mistake (ZeroDivisionError at dealgate." in of(log, "ran")[0]["said"]
    assert "Ada" not in ran.all and "Ada" not in HEALTH.read_text("utf-8")


def test_rules_that_do_not_hold_any_more_are_a_failure_of_the_job(works: Works) -> None:
    works.once()
    works.at(9)
    rules = Path("rules/small.yaml")
    text = rules.read_text("utf-8")
    with looping(works) as loop:
        rules.write_text(text.replace("check: {field: topic", "check: {field: topik"), "utf-8")
        assert loop.step() == 1
        assert loop.state.job("crm-sync").outcome == "failed"
        rules.write_text(text, "utf-8")
        works.at(9, 15)
        assert loop.step() == 1
        assert loop.state.job("crm-sync").outcome == "done"


def test_a_health_file_that_cannot_be_read_is_told_and_begun_anew(works: Works) -> None:
    works.once()
    HEALTH.write_text('{"form": 1, "jobs": [', "utf-8")
    works.at(12)
    log = works.once()
    assert (len(of(log, "forgotten")), of(log, "ran")) == (1, [])
    assert valid("run", dealgate("run", "--health", "--output", "json").out)["good"]


def test_a_clock_that_goes_back_far_does_not_keep_a_job_from_running(works: Works) -> None:
    works.once()
    right, works.crm.now = works.crm.now, works.crm.now.replace(year=2031)
    works.once()
    works.crm.now = right
    log = works.once()
    assert [line["job"] for line in of(log, "clock")] == ["crm-sync"]
    works.at(9)
    log = works.once()
    assert (len(of(log, "ran")), of(log, "clock"), of(log, "missed")) == (1, [], [])


def test_a_clock_that_goes_back_by_minutes_does_nothing_twice(works: Works) -> None:
    works.once()
    works.at(9)
    works.once()
    works.at(8, 55)
    assert of(works.once(), "ran") == []
    works.at(9)
    assert of(works.once(), "ran") == []
    works.at(9, 15)
    assert len(of(works.once(), "ran")) == 1


def died(works: Works) -> None:
    """The process was killed while the job was at work."""
    held = json.loads(HEALTH.read_text("utf-8"))
    HEALTH.write_text(json.dumps({**held, "running": "crm-sync", "running_since": held["at"]}), "utf-8")


def test_a_job_whose_process_was_killed_runs_again_once_and_then_is_left_for_its_next_time(works: Works) -> None:
    works.once()
    works.at(9)
    works.once()
    died(works)
    works.at(9, 5)
    log = works.once()
    assert [line["said"] for line in of(log, "died")] == [
        "its process ended while it was at work, before 2026-11-02 09:05 UTC; it runs again now"
    ]
    assert len(of(log, "ran")) == 1
    assert of(works.once(), "ran") == [], "that was it"
    died(works)
    works.at(9, 6)
    assert len(of(works.once(), "ran")) == 1, "it had worked since"


def test_a_job_that_takes_its_process_with_it_again_fails_and_is_not_tried_for_ever(works: Works) -> None:
    def killed() -> None:
        raise KeyboardInterrupt  # as a second signal does

    works.once()
    works.meanwhile = killed
    works.at(9)
    assert dealgate("run", "--once").code == 1
    works.at(9, 5)
    log = [json.loads(line) for line in dealgate("run", "--once").err.splitlines() if line.startswith("{")]
    assert [line["level"] for line in of(log, "died")] == ["warning"]
    works.meanwhile = lambda: None
    log = works.once(code=1)
    assert ([line["level"] for line in of(log, "died")], of(log, "ran")) == (["error"], [])
    assert works.state()["failing_since"] == "2026-11-02T09:05:00+00:00"
    works.at(9, 15)
    assert of(works.once(), "ran")[0]["outcome"] == "done"
    assert works.state()["failing_since"] is None


def test_a_probe_sees_that_a_process_was_killed_at_work(works: Works) -> None:
    works.once()
    works.at(9)
    works.once()
    died(works)
    ran = dealgate("run", "--health")
    assert (ran.code, "crm-sync was at work since 2026-11-02 09:00 UTC, and its process has\nended." in ran.out) == (
        1,
        True,
    )
    other = held_elsewhere(Path(".dealgate/run.lock"))
    assert dealgate("run", "--health").code == 0, "it is at work"
    ended(other)


# ------------------------------------------------ the end


def test_a_signal_ends_a_sync_after_the_page_at_work_and_the_next_run_goes_on(works: Works) -> None:
    works.once()
    works.at(9)
    works.meanwhile = lambda: os.kill(os.getpid(), signal.SIGTERM) if works.crm.requests == 3 else None
    log = works.once()
    (ran,) = of(log, "ran")
    assert (ran["outcome"], ran["said"]) == ("stopped", "stopped: ended after 2 of deals")
    assert of(log, "ended")[0]["said"] == "asked to end"
    assert works.crm.requests == 3
    assert works.state()["due"] == "2026-11-02T08:50:00+00:00", "it is due still"
    (ran,) = of(works.once(), "ran")
    assert ran["outcome"] == "done"
    stats = dict(line.split() for line in dealgate("store", "stats").out.splitlines())
    assert stats["deals"] == "2"


def test_a_signal_between_two_deals_ends_a_plan_at_work_and_nothing_is_done_twice(works: Works) -> None:
    works.scheduled(SCHEDULE + APPLY)
    works.once()

    def signalled(action: Action) -> None:
        if not works.crm.writes:
            os.kill(os.getpid(), signal.SIGTERM)

    works.answer = signalled  # type: ignore[assignment]
    works.at(9)
    log = works.once()
    assert [line["outcome"] for line in of(log, "ran")] == ["done", "stopped"]
    assert len({one.deal for one in works.crm.writes}) == 1, "what was begun of a deal is ended"
    assert sum(of(log, "ran")[-1]["writes"].values()) == 4
    works.answer = lambda _action: None
    works.crm.tick(seconds=30)
    log = works.once()
    assert [(line["job"], line["outcome"]) for line in of(log, "ran")] == [("crm-enforce", "done")]
    assert len({one.key for one in works.crm.writes}) == len(works.crm.writes)
    assert {one.deal for one in works.crm.writes} == {"006A", "006B"}


def test_a_process_that_waits_ends_at_once_when_it_is_told_to(works: Works) -> None:
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    other = subprocess.Popen(
        [sys.executable, "-m", "dealgate", "run"], env={**os.environ, "PYTHONPATH": path}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert other.stderr is not None
    first = json.loads(other.stderr.readline())
    assert first["event"] == "begun"
    other.send_signal(signal.SIGTERM)
    out, err = other.communicate(timeout=PATIENCE)
    assert (other.returncode, out, json.loads(err)["said"]) == (0, "", "asked to end")


# ------------------------------------------------ enforcement


def plans() -> list[str]:
    return sorted(file.name for file in Path(".dealgate/plans").glob("*"))


def test_a_plan_is_kept_under_its_moment_and_nothing_is_written(works: Works) -> None:
    works.scheduled(SCHEDULE + ENFORCE)
    works.once()
    works.at(9)
    log = works.once()
    assert plans() == ["crm-2026-11-02T090000Z.json"]
    said = of(log, "ran")[1]["said"]
    assert (
        said
        == "done: planned: 4 writes on 2 deals, worth 61,200.50 USD; kept in .dealgate/plans/crm-2026-11-02T090000Z.json"
    )
    assert works.crm.writes == []
    assert dealgate("enforce", "crm", "--apply", ".dealgate/plans/crm-2026-11-02T090000Z.json").code == 0
    assert len(works.crm.writes) == 4


def test_a_plan_is_carried_out_where_the_workspace_says_so_and_no_dry_run_is_on(works: Works) -> None:
    works.scheduled(SCHEDULE + APPLY)
    works.once()
    works.at(9)
    begun, *_ = log = works.once("--dry-run")
    assert "a dry run: nothing is written into a CRM" in begun["said"]
    assert (works.crm.writes, len(plans())) == ([], 1)
    works.at(9, day=3)
    log = works.once()
    assert of(log, "ran")[-1]["writes"] == {"done": 4}
    assert len(works.crm.writes) == 4
    works.at(9, day=4)
    assert of(works.once(), "ran")[-1]["said"] == "done: nothing is to be written"
    assert len(plans()) == 2


def test_no_more_than_thirty_plans_of_a_source_are_kept(works: Works) -> None:
    works.scheduled(SCHEDULE + ENFORCE)
    works.once()
    place = Path(".dealgate/plans")
    place.mkdir()
    for n in range(30):
        (place / f"crm-2026-10-{n + 1:02}T090000Z.json").write_text("{}", "utf-8")
    (place / "crm-two-2026-10-01T090000Z.json").write_text("{}", "utf-8")
    works.at(9)
    works.once()
    assert len(plans()) == 31
    assert {"crm-two-2026-10-01T090000Z.json", "crm-2026-10-02T090000Z.json"} <= set(plans())
    assert "crm-2026-10-01T090000Z.json" not in plans()


def test_a_crm_that_stops_a_plan_halfway_is_a_failure_and_the_next_run_goes_on(works: Works) -> None:
    works.scheduled(SCHEDULE + APPLY)
    works.once()
    at = works.crm.now + timedelta(hours=1)
    for hour, answer, code in ((9, Outcome("throttled", retry_at=at), "DG973"), (10, None, "DG971")):
        works.at(9, day=hour - 7)

        def answered(action: Action, answer: Outcome | None = answer) -> Outcome | None:
            if not isinstance(action, CreateTask):
                return None
            if answer is None:
                raise Trouble("unauthorised", "The token has expired.", "make a new one")
            return answer

        works.answer = answered
        log = works.once(code=1)
        assert [line["code"] for line in of(log, "diagnostic")] == [code]
        assert of(log, "ran")[-1]["outcome"] == "failed"
    works.answer = lambda _action: None
    works.at(9, day=4)
    assert of(works.once(), "ran")[-1]["outcome"] == "done"
    assert len({one.key for one in works.crm.writes}) == len(works.crm.writes)


# ------------------------------------------------ health


def test_a_probe_is_told_what_is_wrong(works: Works) -> None:
    works.scheduled(SCHEDULE + ENFORCE)
    told_so = ["# nothing has run", dealgate("run", "--health").out]
    works.once()
    works.at(9)
    works.once()
    ran = dealgate("run", "--health")
    told_so += ["# well", ran.out]
    assert ran.code == 0
    works.crm.tick(minutes=26)
    ran = dealgate("run", "--health")
    told_so += ["# nobody runs it", ran.out]
    assert ran.code == 1
    works.crm.planned.append(("broken", "before"))
    works.once(code=1)
    ran = dealgate("run", "--health")
    told_so += ["# a job fails", ran.out, "# the list", dealgate("run", "--list").out]
    assert ran.code == 1
    golden("run-health-80.txt", "\n".join(told_so))
    assert max(map(len, "\n".join(told_so).splitlines())) <= 80
    found = valid("run", dealgate("run", "--health", "--output", "json").out)
    assert (found["good"], found["jobs"][0]["code"], found["jobs"][0]["outcome"]) == (False, "DG970", "failed")


def test_a_job_that_is_at_work_for_half_a_day_is_not_well(works: Works) -> None:
    works.once()
    held = json.loads(HEALTH.read_text("utf-8"))
    since = works.crm.now
    HEALTH.write_text(json.dumps({**held, "running": "crm-sync", "running_since": since.isoformat()}), "utf-8")
    other = held_elsewhere(Path(".dealgate/run.lock"))
    works.crm.tick(hours=11)
    assert dealgate("run", "--health").code == 0, "one that works is not overdue"
    works.crm.tick(hours=2)
    ran = dealgate("run", "--health")
    assert (ran.code, "crm-sync has been at work since 2026-11-02 08:50 UTC" in ran.out) == (1, True)
    ended(other)


def test_the_file_of_health_is_whole_while_a_job_runs(works: Works) -> None:
    works.once()
    works.at(9)
    seen = []
    works.meanwhile = lambda: seen.append(json.loads(HEALTH.read_text("utf-8"))["running"])
    works.once()
    assert set(seen) == {"crm-sync"}
    assert json.loads(HEALTH.read_text("utf-8"))["running"] == ""
    assert not list(HEALTH.parent.glob("*.part"))


def test_the_lock_is_free_again_after_a_run(works: Works) -> None:
    works.once()
    free = sqlite3.connect(".dealgate/run.lock", isolation_level=None, timeout=0)
    free.execute("BEGIN EXCLUSIVE")
    free.close()
