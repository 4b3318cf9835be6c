"""What a run tells: notifications, metrics, spans, and a log; and that no secret and no person is in any of it."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import CHECKOUT, Ran, dealgate, golden
from tests.cli.scheduled import APPLY, ENFORCE, HEALTH, SCHEDULE, Works, lines, listening, looping, of
from tests.cli.test_run import works  # noqa: F401 - a fixture

from dealgate.cli.run.metrics import Metrics
from dealgate.cli.run.traces import Traces
from dealgate.model.diagnostics import SourceFailed
from dealgate.ports import Action, Outcome, SetFields, Trouble

EVERY = "failed, recovered, missed, plan_waiting, conflicts, findings"
NOTIFY = "notifications:\n  - {{id: team, to: '${{env:TEAM}}', events: [{events}]{more}}}\n"
TOKEN, PASSWORD = "s3cr3t-T0ken/for crm", "pa$$w0rd-of-the-store"


def notified(works: Works, schedule: str, events: str = EVERY, more: str = "") -> None:  # noqa: F811
    works.scheduled(schedule + NOTIFY.format(events=events, more=more))


def at(port: int) -> dict[str, str]:
    return {"TEAM": f"json://127.0.0.1:{port}/hook-4711?retry=0"}


def refused() -> int:
    """A port of this machine where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def closed(works: Works) -> None:  # noqa: F811
    """The CRM lets nobody in."""
    works.crm.planned.append(("broken", "before"))


# ------------------------------------------------ notifications


def test_a_job_that_fails_is_told_once_and_told_again_when_it_works(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE)
    with listening() as (port, got):
        works.once(env=at(port))
        for minute in (0, 15, 30):
            works.at(9, minute)
            closed(works)
            works.once(env=at(port), code=1)
        works.at(9, 45)
        log = works.once(env=at(port))
        works.at(10)
        works.once(env=at(port))
    assert [(one["title"], one["message"]) for one in got] == [
        (
            "dealgate, Mine: failed",
            "crm-sync failed. DG970: The CRM failed (broken). What to do: wait, and run it again.",
        ),
        ("dealgate, Mine: recovered", "crm-sync works again; it failed since 2026-11-02 09:00 UTC."),
    ]
    assert [(line["to"], line["about"]) for line in of(log, "told")] == [("team", "recovered")]


def test_a_place_is_told_what_it_asks_for_alone(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE, events="recovered")
    with listening() as (port, got):
        works.once(env=at(port))
        works.at(9)
        closed(works)
        works.once(env=at(port), code=1)
        assert got == []
        works.at(9, 15)
        works.once(env=at(port))
    assert [one["title"] for one in got] == ["dealgate, Mine: recovered"]


def test_missed_runs_are_told(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE)
    with listening() as (port, got):
        works.once(env=at(port))
        works.at(11)
        works.once(env=at(port))
    assert [one["message"] for one in got] == [
        "crm-sync: due 8 times since 2026-11-02 09:00 UTC and not run; it runs once now."
    ]


def test_a_plan_that_waits_is_told_once_until_it_says_something_else(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE + ENFORCE)
    with listening() as (port, got):
        works.once(env=at(port))
        works.at(9)
        works.once(env=at(port))
        works.at(9, day=3)
        works.once(env=at(port))
        works.deal("006C", "qualification", Name="Contoso", Owner="Ada Okafor", Amount=5)
        works.at(8, 45, day=4)
        works.once(env=at(port))
        works.at(9, day=4)
        works.once(env=at(port))
    plans = [one["message"] for one in got if one["title"].endswith("plan waiting")]
    assert plans == [
        "A plan for crm waits: 4 writes on 2 deals, worth 61,200.50 USD. "
        "It is kept in .dealgate/plans/crm-2026-11-02T090000Z.json.",
        "A plan for crm waits: 7 writes on 3 deals, worth 61,205.50 USD. "
        "It is kept in .dealgate/plans/crm-2026-11-04T090000Z.json.",
    ]


def test_what_was_in_conflict_or_refused_is_told_by_the_ids_of_deals(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE + APPLY)
    works.answer = lambda a: (
        Outcome("rejected", "LOCKED", "Ada Okafor locked it.") if isinstance(a, SetFields) else None
    )
    with listening() as (port, got):
        works.once(env=at(port))
        works.at(9)
        log = works.once(env=at(port))
    assert of(log, "ran")[-1]["outcome"] == "done"
    assert [one["message"] for one in got] == ["crm: 2 rejected. Deals: 006A, 006B."]


def test_what_is_too_much_in_an_hour_is_held_back_and_counted(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE.replace("15 minutes", "5 minutes"), events="missed", more=", at_most: 2")
    with listening() as (port, got):
        works.once(env=at(port))
        for minute in range(3, 60, 10):
            works.at(9, minute)
            works.once(env=at(port))
        assert len(got) == 2
        works.at(10, 32)
        works.once(env=at(port))
    assert len(got) == 3
    assert got[-1]["message"].endswith("it runs once now.\n4 before it were held back.")


@pytest.mark.parametrize("kind", ["down", "refuses", "no service", "no secret"])
def test_a_service_that_fails_is_told_in_the_log_and_fails_no_job(works: Works, kind: str) -> None:  # noqa: F811
    notified(works, SCHEDULE)
    with listening(status=500) as (port, _):
        env = {
            "down": at(refused()), "refuses": at(port), "no service": {"TEAM": "nothing://of-this-kind-4711"},
            "no secret": {"TEAM": ""},
        }[kind]  # fmt: skip
        works.once(env=env)
        works.at(11)
        log = works.once(env=env)
    assert [line["code"] for line in of(log, "not_told")] == ["DG864"]
    assert of(log, "ran")[0]["outcome"] == "done"
    assert "4711" not in str(log)


def test_a_failure_that_nobody_took_is_told_at_the_next_one(works: Works) -> None:  # noqa: F811
    notified(works, SCHEDULE)
    works.once(env=at(refused()))
    works.at(9)
    closed(works)
    works.once(env=at(refused()), code=1)
    with listening() as (port, got):
        works.at(9, 15)
        closed(works)
        works.once(env=at(port), code=1)
    assert [one["title"] for one in got] == ["dealgate, Mine: failed"]


def test_without_the_extra_it_is_said_that_nobody_can_be_told(
    works: Works,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dealgate.cli.run.notices.EXTRA", "apprise_is_not_there")
    notified(works, SCHEDULE)
    log = works.once(env=at(1))
    assert [(line["code"], "install dealgate[notify]" in line["said"]) for line in of(log, "lacking")] == [
        ("DG864", True)
    ]
    works.at(11)
    log = works.once(env=at(1))
    assert (of(log, "ran")[0]["outcome"], len(of(log, "not_told"))) == ("done", 1)


# ------------------------------------------------ secrets and people


def with_credentials(works: Works) -> None:  # noqa: F811
    file = works.folder / "dealgate.yaml"
    secrets = "{token: '${env:CRM_TOKEN}', key: '${file:key.pem}', other: '${env:UNSET_ONE}'}"
    text = file.read_text("utf-8")
    file.write_text(text.replace("    adapter: fake\n", f"    adapter: fake\n    credentials: {secrets}\n"), "utf-8")


def test_no_secret_and_no_person_is_in_anything_that_a_run_leaves_behind(works: Works) -> None:  # noqa: F811
    (works.folder / "key.pem").write_text("-----BEGIN KEY-----\nMIIEvAIBADANBgkqhkiG9w0B\n", "utf-8")
    notified(works, SCHEDULE + ENFORCE)
    with_credentials(works)
    heard = f"https://ada:{PASSWORD}@crm.example/x Bearer abcdefghijklmnop {TOKEN} MIIEvAIBADANBgkqhkiG9w0B"
    quoted = "s3cr3t-T0ken%2Ffor%20crm"

    def wrong(_action: Action) -> Outcome:
        raise Trouble("unauthorised", f"It said {heard} and {quoted}.", f"look at {TOKEN}")

    with listening() as (port, got):
        env = {**at(port), "CRM_TOKEN": TOKEN}
        works.once(env=env)
        works.at(9)
        works.once("--metrics-file", "metrics.prom", env=env)
        works.scheduled(works.more.replace(ENFORCE, APPLY))
        with_credentials(works)
        works.answer = wrong
        works.at(9, day=3)
        ran = dealgate("run", "--once", "--metrics-file", "metrics.prom", env=env)
        human = dealgate("run", "--once", "--log", "text", env=env)
    assert ran.code == 1 and len(got) >= 2
    assert [line["code"] for line in of(lines(ran), "diagnostic")] == ["DG971"]
    left = [ran.all, human.all, str(got), HEALTH.read_text("utf-8"), Path("metrics.prom").read_text("utf-8")]
    left += [dealgate("run", "--health", "--output", "json", env=env).out]
    for text in left:
        for secret in (TOKEN, quoted, PASSWORD, "abcdefghijklmnop", "MIIEvAIBADANBgkqhkiG9w0B", "hook-4711?"):
            assert secret not in text
        for person in ("Ada", "Okafor", "Ben", "Ortiz", "Acme", "Northwind"):
            assert person not in text
    assert "[redacted]" in ran.all and "[redacted]" in str(got)


# ------------------------------------------------ the log


def steady(ran: Ran) -> str:
    return re.sub(r'"seconds": [0-9.]+', '"seconds": 0', ran.err)


def test_the_log_is_a_line_of_json_for_each_event_or_one_for_a_person(works: Works) -> None:  # noqa: F811
    works.scheduled(SCHEDULE + APPLY)
    works.once()
    works.at(9)
    works.crm.planned.append(("broken", "before"))
    told_so = ["# a sync that fails, and enforcement", steady(dealgate("run", "--once"))]
    works.at(10, 7)
    told_so += ["# missed, for a person", dealgate("run", "--once", "--log", "text").err]
    golden("run-log.txt", "\n".join(told_so))


def test_what_a_library_warns_of_is_told_by_its_name_and_not_its_words(works: Works) -> None:  # noqa: F811
    works.once()
    works.at(9)
    works.meanwhile = lambda: logging.getLogger("some.library").warning("Ada Okafor %s", "ada@example.com")
    ran = dealgate("run", "--once")
    warned = of(lines(ran), "library")
    assert warned and {line["library"] for line in warned} == {"some.library"}
    assert "Ada" not in ran.err
    assert not [one for one in logging.getLogger().handlers if type(one).__name__ == "_Forward"]


# ------------------------------------------------ metrics


def test_metrics_are_written_as_prometheus_reads_them(works: Works) -> None:  # noqa: F811
    works.scheduled(SCHEDULE + APPLY)
    works.once("--metrics-file", "metrics.prom")
    works.at(10, 5)
    works.crm.deal("006D", "legal-review")
    works.once("--metrics-file", "metrics.prom", code=1)
    text = Path("metrics.prom").read_text("utf-8")
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith("#") and "_bucket" not in line and "_created" not in line
    ]
    golden("run-metrics.txt", re.sub(r"(_seconds_sum\{.*\}) .*", r"\1 …", "\n".join(kept) + "\n"))
    assert Metrics().registry is not Metrics().registry


def test_metrics_are_served_on_this_machine_while_it_runs(works: Works) -> None:  # noqa: F811
    with looping(works) as loop:
        metrics = loop.around.metrics
        port = metrics.serve(0)
        works.at(9)
        loop.step()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        assert 'dealgate_job_runs_total{job="crm-sync",outcome="done",source="crm"} 1.0' in text
        with pytest.raises(SourceFailed) as refusal:
            Metrics().serve(port)
        assert refusal.value.diagnostics[0].code == "DG866"
        metrics.stop()


# ------------------------------------------------ spans


def test_a_job_and_each_of_its_streams_has_a_span(works: Works) -> None:  # noqa: F811
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    works.meanwhile = lambda: (works.crm.tick(seconds=1), None)[1]
    with looping(works) as loop:
        loop.around.traces = Traces(lambda: works.crm.now, provider.get_tracer("dealgate"))
        works.at(9)
        loop.step()
    spans: list[Any] = list(kept.get_finished_spans())
    assert [span.name for span in spans] == [
        "dealgate users", "dealgate accounts", "dealgate deals", "dealgate stage_changes", "dealgate deal_contacts",
        "dealgate deletions", "dealgate store", "dealgate sync",
    ]  # fmt: skip
    *streams, job = spans
    assert {span.parent.span_id for span in streams} == {job.context.span_id}
    assert dict(job.attributes) == {"dealgate.job": "crm-sync", "dealgate.source": "crm", "dealgate.outcome": "done"}
    assert [span.attributes["dealgate.read"] for span in streams] == [0, 0, 2, 2, 0, 0, 2]
    assert [(span.end_time - span.start_time) // 10**9 for span in spans] == [1, 1, 1, 1, 1, 1, 0, 6]


def test_spans_are_sent_to_the_endpoint_that_the_environment_names(
    works: Works,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as (port, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        works.once()
        works.at(9)
        works.once()
    assert [one["path"] for one in got] == ["/v1/traces"]
    assert b"dealgate sync" in got[0]["body"] and b"dealgate deals" in got[0]["body"]


def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded(works: Works) -> None:  # noqa: F811
    assert imported({}) == "[]"
    assert "opentelemetry" in imported({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{refused()}"})


def imported(more: dict[str, str]) -> str:
    code = (
        "import sys; from datetime import UTC, datetime; from dealgate.cli import options;"
        "from dealgate.cli.run.traces import traces_of; traces_of(options.now);"
        "print(sorted(name for name in sys.modules if name in ('opentelemetry', 'apprise', 'requests')))"
    )
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": path, **more},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_commands_that_do_not_run_by_themselves_load_none_of_it(works: Works) -> None:  # noqa: F811
    code = (
        "import sys\nfrom dealgate.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(sorted(n for n in ('apscheduler', 'structlog', 'prometheus_client', 'apprise') if n in sys.modules))"
    )
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    for words in (["--help"], ["validate"], ["enforce", "--help"], ["run", "--help"]):
        ran = subprocess.run(
            [sys.executable, "-c", code, *words], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert ran.stdout.splitlines()[-1] == "[]", words


def test_spans_that_cannot_be_sent_for_want_of_the_extra_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from dealgate.cli.run.traces import traces_of

    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    traces, wrong = traces_of(lambda: datetime.now(UTC), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    assert (traces.tracer, [d.code for d in wrong]) == (None, ["DG867"])
