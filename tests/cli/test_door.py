"""What every command has in common: exit codes, help, the two streams, colour, completion, the nearest name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.cli.running import AS_OF, CHECKOUT, PATIENCE, dealgate, on_a_terminal, process, told

from dealgate.cli.commands import init as a_command
from dealgate.cli.main import COMMANDS, OURS, main

NAMES = sorted(p.stem.rstrip("_").replace("_", "-") for p in COMMANDS.glob("[!_]*.py"))
ESCAPE = "\x1b"


# ------------------------------------------------------------------------------------------------ exit codes


def test_0_is_fine_for_a_check_that_finds_gaps_without_fail_on(company: Path) -> None:
    assert dealgate("check", company, *AS_OF).code == 0


@pytest.mark.parametrize("level", ["blocked", "unknown"])
def test_1_is_findings_at_or_above_fail_on(company: Path, level: str) -> None:
    ran = dealgate("check", company, *AS_OF, "--fail-on", level)
    assert ran.code == 1 and "open" in ran.out


def test_fail_on_is_0_where_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "won.csv").write_text("id,stage,status\n1,close,won\n", encoding="utf-8")
    assert dealgate("check", tmp_path / "won.csv", "--fail-on", "unknown", *AS_OF).code == 0


def test_1_is_a_gate_that_blocks_and_0_one_that_allows(company: Path, hero: str) -> None:
    codes = {}
    for to in ("proposal", "cancelled"):
        ran = dealgate("gate", company, "--deal", hero, "--to", to, "--output", "json", *AS_OF)
        codes[json.loads(ran.out)["decision"]] = ran.code
    assert codes["block"] == 1
    assert all(code == (decision in ("block", "needs_approval")) for decision, code in codes.items())


def test_2_is_wrong_usage(company: Path) -> None:
    for words in (["chek"], ["check"], ["check", company, "--output", "nope"], ["check", company, "--as-of", "soon"]):
        assert dealgate(*words).code == 2


def test_3_is_documents_that_do_not_hold(company: Path, elsewhere: Path) -> None:
    (elsewhere / "bad.yaml").write_text("kind: process/v1\nid: bad\n", encoding="utf-8")
    for words in (["validate", "bad.yaml"], ["check", company, "--process", "bad.yaml"]):
        assert dealgate(*words).code == 3


def test_4_is_process_tests_that_fail(elsewhere: Path) -> None:
    (elsewhere / "no.test.yaml").write_text(
        "kind: test/v1\nprocess: practical\nas_of: 2026-11-23\ndeals: {one: {stage: close}}\n"
        "cases: [{name: no, deal: one, move_to: won, expect: {decision: allow}}]\n",
        encoding="utf-8",
    )
    assert dealgate("test", "no.test.yaml").code == 4


def test_5_is_a_source_that_failed(company: Path, tmp_path: Path) -> None:
    assert dealgate("check", tmp_path / "nothing.csv").code == 5
    assert dealgate("map", tmp_path / "nothing.csv").code == 5
    assert dealgate("check", company, *AS_OF, "--out", tmp_path / "no" / "where").code == 5


def test_a_mistake_of_ours_has_a_status_of_its_own_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("secret value")

    monkeypatch.setattr(a_command.command, "callback", broken)
    ran = dealgate("init", "x", env={"DEALGATE_TRACEBACK": ""})
    assert ran.code == OURS and "KeyError" in ran.err
    assert "secret" not in ran.all and "Traceback" not in ran.all


# ------------------------------------------------------------------------------------------------ streams


def test_data_goes_to_standard_output_and_words_about_it_to_standard_error(company: Path, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id,stage,amount\n1,qualification,abc\n", encoding="utf-8")
    ran = dealgate("check", tmp_path / "deals.csv", "--output", "json", *AS_OF)
    assert json.loads(ran.out)["summary"]["deals"] == 1
    assert "amount" in ran.err
    assert dealgate("validate", "practical").out == ""


@pytest.mark.parametrize(
    "words", [["demo", *AS_OF], ["check", "{company}", *AS_OF], ["validate", "practical"], ["--help"]]
)
def test_off_a_terminal_there_are_no_escape_codes(company: Path, words: list[str]) -> None:
    ran = told(process(*[w.format(company=company) for w in words], env={"FORCE_COLOR": "1", "TERM": "xterm-256color"}))
    assert ran.code == 0 and ESCAPE not in ran.all


def test_a_terminal_has_colour_and_no_color_takes_it_away(company: Path) -> None:
    words = ["check", str(company), *AS_OF]
    assert ESCAPE in on_a_terminal(*words)
    assert ESCAPE not in on_a_terminal(*words, env={"NO_COLOR": "1"})


def test_a_reader_that_stops_early_is_no_failure(company: Path) -> None:
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    running = subprocess.Popen(
        [sys.executable, "-m", "dealgate", "check", str(company), "--output", "json", *AS_OF],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert running.stdout is not None and running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()
    err = running.stderr.read().decode()
    running.stderr.close()
    assert running.wait(PATIENCE) == 0 and "Traceback" not in err and "Broken" not in err and "mistake" not in err


@pytest.mark.parametrize("columns", ["0", "1", "-5", "wide", "99999999999", ""])
def test_any_width_is_answered(company: Path, hero: str, columns: str) -> None:
    for words in (["check", company], ["explain", company, "--deal", hero]):
        assert told(dealgate(*words, *AS_OF, env={"COLUMNS": columns})).code == 0


def test_a_terminal_that_knows_only_ascii_is_answered(company: Path, hero: str) -> None:
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert told(process("explain", company, "--deal", hero, *AS_OF, env=env)).code == 0


# ------------------------------------------------------------------------------------------------ help


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_examples_of_itself(name: str) -> None:
    out = dealgate(name, "--help").out
    assert out.startswith(f"Usage: dealgate {name}")
    examples = out.partition("Examples:")[2]
    assert f"dealgate {name}" in examples
    assert max(map(len, out.splitlines())) <= 80
    assert dealgate(name, "-h").out == out


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_is_explained(name: str) -> None:
    bare = [p.name for p in command(name).params if isinstance(p, click.Option) and not p.help]
    assert bare == []


def test_the_list_of_commands_says_what_each_does_in_a_line() -> None:
    out = dealgate("--help").out
    for name in NAMES:
        assert re.search(rf"^  {name}  +\S", out, re.M)
    assert "..." not in out.partition("Commands:")[2]


def test_the_examples_use_only_options_that_exist() -> None:
    waiting = [(name, command(name)) for name in NAMES]
    inner = {f"{n} {sub}": one for n, c in waiting if isinstance(c, click.Group) for sub, one in c.commands.items()}
    for name, one in [*waiting, *inner.items()]:
        for line in (one.epilog or "").splitlines():
            if line.strip().startswith(f"dealgate {name}"):
                words = line.split()
                default = getattr(one, "default", None)
                meant = inner.get(" ".join(words[1:3])) or inner.get(f"{words[1]} {default}", one)
                known = {o for p in meant.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
                assert set(re.findall(r"(?<=\s)--[a-z-]+", line)) <= known, line


def test_an_option_may_come_from_the_environment_and_the_command_line_wins(company: Path) -> None:
    env = {"DEALGATE_CHECK_LIMIT": "2", "DEALGATE_CHECK_AS_OF": AS_OF[1]}
    assert dealgate("check", company, env=env).out == dealgate("check", company, *AS_OF, "--limit", 2).out
    assert dealgate("check", company, "--limit", 3, env=env).out == dealgate("check", company, *AS_OF, "--limit", 3).out


def test_the_version_is_told() -> None:
    from dealgate import __version__

    assert dealgate("--version").out.strip().endswith(__version__)


# ------------------------------------------------------------------------------------------------ the nearest name


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chekc"], "check"),
        (["explian"], "explain"),
        (["check", "{company}", "--ouput", "json"], "--output"),
        (["gate", "{company}", "--deal", "{hero}", "--to", "propsal"], "proposal"),
        (["gate", "{company}", "--deal", "D-0035", "--to", "proposal"], "D-00"),
        (["explain", "{company}", "--deal", "D-0000l"], "D-0000"),
        (["rule", "DG10"], "DG10"),
        (["check", "{company}", "--output", "jsn"], "json"),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_the_nearest(
    company: Path, hero: str, words: list[str], meant: str
) -> None:
    ran = dealgate(*[w.format(company=company, hero=hero) for w in words])
    assert (ran.code, ran.out) == (2, "")
    assert re.search(rf"[Dd]id you mean.*{meant}|one of.*{meant}|is not one of.*{meant}", ran.err), ran.err


# ------------------------------------------------------------------------------------------------ completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    if shell == "bash" and not Path("/bin/bash").exists():
        pytest.skip("no bash to ask for its version")
    ran = dealgate(env={"_DEALGATE_COMPLETE": f"{shell}_source"})
    assert ran.code == 0 and "_DEALGATE_COMPLETE" in ran.out


def test_completion_knows_the_commands_and_their_options() -> None:
    def completed(words: str, word: str) -> str:
        env = {"_DEALGATE_COMPLETE": "fish_complete", "COMP_WORDS": words, "COMP_CWORD": word}
        return dealgate(env=env).out

    assert "check" in completed("dealgate ", "che")
    assert "--as-of" in completed("dealgate check ", "--a")


@pytest.mark.parametrize(
    ("words", "word", "has", "has_not"),
    [
        ("dealgate coach ", "", ["commit", "done", "missed"], ["--overdue"]),
        ("dealgate coach --", "--", ["--why", "--help"], ["--result"]),
        ("dealgate coach x.csv --", "--", ["--why"], ["--result"]),
        ("dealgate coach done x --", "--", ["--result"], ["--why"]),
    ],
)
def test_of_a_group_with_a_default_a_shell_completes_commands_and_the_options_of_the_default(
    words: str, word: str, has: list[str], has_not: list[str]
) -> None:
    out = dealgate(env={"_DEALGATE_COMPLETE": "fish_complete", "COMP_WORDS": words, "COMP_CWORD": word}).out
    assert [one for one in has if one not in out] == []
    assert [one for one in has_not if one in out] == []
    assert out.count("--help") <= 1
