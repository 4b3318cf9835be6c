"""The examples of schedulers are what each of them reads, and every command in them is one that dealgate takes.

cron, systemd, Airflow and Kubernetes are not started here. What is held is that the files are well formed, that times
are times, and that commands can be typed; where systemd is at hand, it checks its units itself.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from tests.cli.running import CHECKOUT

from dealgate.cli.main import main
from dealgate.documents.cron import never, triggers

HERE = CHECKOUT / "examples" / "schedule"
UNITS = sorted((HERE / "systemd").iterdir())
MANIFESTS = sorted((HERE / "kubernetes").iterdir())
ANALYZE = shutil.which("systemd-analyze")
DAG = HERE / "airflow" / "dealgate_sales.py"


def takes(words: list[str]) -> None:
    """Raises click's own error where dealgate would not take a command with these words."""
    assert Path(words[0]).name == "dealgate" and len(words) > 1, words
    with click.Context(main, info_name="dealgate") as context:
        command = main.get_command(context, words[1])
        assert command is not None, words
        command.make_context(words[1], words[2:], parent=context)


def comes(expression: str) -> None:
    assert not never(triggers(expression), datetime(2026, 1, 1, tzinfo=UTC)), expression


def crontab() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Its variables, and its lines as times and commands; a commented line of the form counts too."""
    variables, lines = {}, []
    for text in (HERE / "crontab").read_text("utf-8").splitlines():
        if found := re.fullmatch(r"([A-Z]+)=(\S+)", text):
            variables[found[1]] = found[2]
        elif found := re.fullmatch(r"(?:# )?((?:[\d*/,-]+ +){4}[\d*/,-]+)  +(.+)", text):
            lines.append((found[1], found[2]))
        else:
            assert not text or text.startswith("#"), f"cron does not read this: {text}"
    return variables, lines


def test_every_line_of_the_crontab_has_a_time_and_a_command() -> None:
    variables, lines = crontab()
    assert len(lines) == 4
    for times, command in lines:
        comes(times)
        assert "%" not in command.replace(r"\%", ""), "cron ends a command at a bare %"
        place, _, typed = command.replace(r"\%", "%").partition(" && ")
        assert place == 'cd "$WORKSPACE"'
        for name, value in variables.items():
            typed = typed.replace(f"${name}", value)
        takes(shlex.split(re.sub(r"\$\(date \+%F\)", "2026-11-23", typed)))


def unit(file: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(file, "utf-8")
    return parser


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_every_unit_of_systemd_starts_a_command_that_there_is(file: Path) -> None:
    found = unit(file)
    assert found["Unit"]["Description"]
    if file.suffix == ".timer":
        assert found["Timer"]["OnCalendar"] and file.with_suffix(".service").is_file()
        return
    words = shlex.split(found["Service"]["ExecStart"])
    assert Path(words[0]).is_absolute(), "systemd takes no other"
    takes(words)
    assert found["Service"]["WorkingDirectory"] in found["Service"]["ReadWritePaths"].split()


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not here")
@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_systemd_itself_finds_nothing_wrong_with_a_unit(file: Path, tmp_path: Path) -> None:
    for one in UNITS:  # the program need not be there
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", one.read_text("utf-8"), flags=re.M)
        (tmp_path / one.name).write_text(text, "utf-8")
    ran = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(tmp_path / file.name)], capture_output=True, text=True, timeout=60
    )
    assert [line for line in ran.stderr.splitlines() if file.stem in line] == []


def containers(held: dict[str, Any]) -> list[dict[str, Any]]:
    spec = held["spec"]["jobTemplate"]["spec"] if held["kind"] == "CronJob" else held["spec"]
    pod = spec["template"]["spec"]
    volumes = {one["name"] for one in pod["volumes"]}
    for one in pod["containers"]:
        assert {mount["name"] for mount in one["volumeMounts"]} <= volumes
    found: list[dict[str, Any]] = pod["containers"]
    return found


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_every_manifest_of_kubernetes_runs_a_command_that_there_is(file: Path) -> None:
    held = yaml.safe_load(file.read_text("utf-8"))
    assert (held["apiVersion"], held["kind"]) in {("batch/v1", "CronJob"), ("apps/v1", "Deployment")}
    for one in containers(held):
        assert all(isinstance(word, str) for word in one["command"]), "Kubernetes takes texts alone"
        takes(one["command"])
        if "readinessProbe" in one:
            takes(one["readinessProbe"]["exec"]["command"])
    if held["kind"] == "CronJob":
        comes(held["spec"]["schedule"])
        assert held["spec"]["concurrencyPolicy"] == "Forbid"
    else:
        assert (held["spec"]["replicas"], held["spec"]["strategy"]["type"]) == (1, "Recreate")
        assert held["spec"]["selector"]["matchLabels"].items() <= held["spec"]["template"]["metadata"]["labels"].items()


def said(call: ast.Call) -> dict[str, Any]:
    """The arguments of a call that are written out."""
    return {one.arg: one.value.value for one in call.keywords if one.arg and isinstance(one.value, ast.Constant)}


def test_every_task_of_airflow_runs_a_command_that_there_is() -> None:
    calls = [node for node in ast.walk(ast.parse(DAG.read_text("utf-8"))) if isinstance(node, ast.Call)]
    named = {"DAG": [], "BashOperator": []}
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in named:
            named[call.func.id].append(said(call))
    assert (len(named["DAG"]), len(named["BashOperator"])) == (2, 3)
    for dag in named["DAG"]:
        comes(dag["schedule"])
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)
    for task in named["BashOperator"]:
        takes(shlex.split(task["bash_command"].replace("{{ ds }}", "2026-11-23")))


def test_a_command_that_there_is_not_would_be_seen() -> None:
    with pytest.raises(AssertionError):
        takes(["dealgate", "snyc", "crm"])
    with pytest.raises(click.UsageError):
        takes(["dealgate", "sync", "crm", "--fulll"])
    with pytest.raises(click.UsageError):
        takes(["dealgate", "run", "--metrics-port", "x"])


def test_every_example_is_named_on_its_page() -> None:
    page = (HERE / "README.md").read_text("utf-8")
    files = [file for file in HERE.rglob("*") if file.is_file() and file.name != "README.md"]
    assert len(files) == 7
    assert [file.name for file in files if file.name not in page and file.suffix != ".timer"] == []
