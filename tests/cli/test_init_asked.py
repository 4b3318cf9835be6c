"""The questions of ``dealgate init``, asked on a real terminal."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, PATIENCE, golden

pty = pytest.importorskip("pty")

SOON = PATIENCE / 4
PROMPT = re.compile(r"\[[^\]\n]*\]: $")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Terminal:
    """``dealgate init`` with a terminal 80 columns wide for all three streams."""

    words: list[str]
    cwd: Path
    shown: str = ""
    questions: list[str] = field(default_factory=list)

    def __enter__(self) -> Terminal:
        self.lead, follow = pty.openpty()
        path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DEALGATE_", "COLUMNS"))}
        self.running = subprocess.Popen(
            [sys.executable, "-m", "dealgate", "init", *self.words],
            stdin=follow, stdout=follow, stderr=follow, cwd=self.cwd, start_new_session=True,
            preexec_fn=_take_terminal, env={**kept, "PYTHONPATH": path, "PYTHONUTF8": "1", "COLUMNS": "80", "TERM": "dumb"},
        )  # fmt: skip
        os.close(follow)
        return self

    def __exit__(self, *_: object) -> None:
        if self.running.poll() is None:
            self.running.kill()
        self.running.wait()
        os.close(self.lead)

    def read(self, until: re.Pattern[str] | None) -> str:
        """What is printed until a pattern ends it, or until the end."""
        new = ""
        while True:
            ready = select.select([self.lead], [], [], SOON)[0]
            assert ready, f"nothing more came:\n{self.shown}{new}"
            try:
                piece = os.read(self.lead, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                piece = ""
            new = ESCAPES.sub("", new + piece.replace("\r", ""))
            if not piece or (until is not None and until.search(new)):
                break
        self.shown += new
        return new

    def answer(self, text: str) -> str:
        """Waits for a question, answers it, and gives what stood before the answer."""
        asked = self.read(PROMPT)
        self.questions.append(asked)
        os.write(self.lead, text.encode("utf-8") + b"\n")
        return asked

    def interrupt(self) -> None:
        """Presses Ctrl-C until it is heard: one that comes between a prompt and its read is lost in Python itself."""
        for _ in range(10):
            os.write(self.lead, b"\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running.wait(1)
                return

    def finish(self) -> int:
        """Reads to the end; the exit status."""
        self.read(None)
        return self.running.wait(PATIENCE)


def _take_terminal() -> None:
    import fcntl
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_it_asks_recommends_and_writes(elsewhere: Path) -> None:
    with Terminal(["mine", "--from", "practical"], elsewhere) as here:
        for text in ("EUR", "salesforce"):
            here.answer(text)
        assert here.finish() == 0
    golden("init-asked-from.txt", here.shown)
    assert "\ncurrency: EUR\n" in (elsewhere / "mine/rules/processes/practical.yaml").read_text("utf-8")


def test_every_question_has_a_line_of_help_and_a_default_and_the_recommendation_can_be_overruled(
    elsewhere: Path,
) -> None:
    with Terminal(["mine"], elsewhere) as here:
        for text in ("25k", "", "2 months", "3", "8 people", "", "leads"):
            here.answer(text)
        assert here.finish() == 0
    for asked in here.questions[:6]:
        assert re.search(r"\.\n[\w ]+ \[[^\]]+\]: $", asked), asked
    assert re.search(r"Recommended: | is nearest\.", " ".join(here.shown.split()))
    assert (elsewhere / "mine/rules/processes/leads.yaml").is_file()
    assert max(map(len, here.shown.splitlines())) <= 80


def test_what_is_not_understood_is_asked_again_with_why(elsewhere: Path) -> None:
    answers = (
        "25.000 €",
        "-1",
        "25000 €",
        "60",
        "two months",
        "god",
        "few people",
        "a few",
        "8",
        "hubspott",
        "none",
        "",
    )
    with Terminal(["mine"], elsewhere) as here:
        for text in answers:
            here.answer(text)
        assert here.finish() == 0
    assert here.shown.count("Error: ") == 6
    assert "“25.000 €” is 25000 to some and 25 to others." in " ".join(here.shown.split())
    assert "Currency [" not in here.shown, "the amount has told it"
    assert "\ncurrency: EUR\n" in next((elsewhere / "mine/rules/processes").glob("*[!t].yaml")).read_text("utf-8")


@pytest.mark.parametrize("after", [0, 3, 6])
def test_ctrl_c_leaves_nothing(elsewhere: Path, after: int) -> None:
    with Terminal(["mine"], elsewhere) as here:
        for _ in range(after):
            here.answer("")
        here.read(PROMPT)
        here.interrupt()
        assert here.finish() == 1
    assert "Aborted!" in here.shown and "Traceback" not in here.shown
    assert list(elsewhere.iterdir()) == []


def test_the_end_of_input_leaves_nothing(elsewhere: Path) -> None:
    with Terminal(["mine"], elsewhere) as here:
        here.read(PROMPT)
        os.write(here.lead, b"\x04")
        assert here.finish() == 1
    assert list(elsewhere.iterdir()) == []


def test_what_the_options_say_is_not_asked(elsewhere: Path) -> None:
    words = ["--amount", "25k USD", "--cycle", "60 days", "--buyer", "few-people", "--crm", "none"]
    with Terminal(["mine", *words], elsewhere) as here:
        here.answer("8")
        here.answer("")
        assert here.finish() == 0
    assert [re.findall(r"^([\w ]+) \[", asked, re.M)[-1] for asked in here.questions] == ["Sellers", "Process"]


def test_with_yes_nothing_is_asked(elsewhere: Path) -> None:
    with Terminal(["mine", "--yes", "--client", "Acme"], elsewhere) as here:
        assert here.finish() == 0
    assert PROMPT.search(here.shown) is None and "Recommended: " in here.shown


def test_a_terminal_that_only_reads_or_only_shows_is_not_asked(elsewhere: Path) -> None:
    lead, follow = pty.openpty()
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    for n, (stdin, stderr) in enumerate([(follow, subprocess.PIPE), (subprocess.DEVNULL, follow)]):
        ran = subprocess.run(
            [sys.executable, "-m", "dealgate", "init", f"mine{n}"], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
            cwd=elsewhere, env={**os.environ, "PYTHONPATH": path}, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert ran.returncode == 0
    os.close(lead)
    os.close(follow)
