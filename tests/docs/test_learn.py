"""The reading path that ships: every link leads somewhere, every command in it can be typed, every article reads well.

Documents check the links of their own floor; commands and diagnostics are known here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import click
import pytest
from tests.cli.running import AS_OF, CHECKOUT, dealgate

from dealgate.cli.main import main
from dealgate.cli.pages import codes
from dealgate.documents.links import ABOVE
from dealgate.documents.load import load_learn
from dealgate.model.learn import SCHEMES, Article, Goal, Link

LOADED = load_learn("learn")
LEARN = LOADED.learn
assert LEARN is not None, LOADED.diagnostics
ARTICLES, GOALS = LEARN.articles, LEARN.goals
TYPED = re.compile(r"`(dealgate [^`]+)`")
MADE_UP = {"leads.csv": "id,name,stage\nL-17,Ada Okafor,working\n", "export.csv": "Deal ID,Stage\n1,Proposal\n"}


def name_of(one: Article | Goal) -> str:
    return one.id


def known(scheme: str) -> list[str]:
    """The targets of the schemes that documents know nothing of."""
    return main.list_commands(click.Context(main)) if scheme == "command" else codes()


def dead(links: Iterable[Link]) -> list[str]:
    return [f"{link.at}: {link}" for link in links if link.scheme in ABOVE and link.target not in known(link.scheme)]


def test_every_command_and_diagnostic_that_is_linked_exists() -> None:
    assert dead(LEARN.links) == []
    assert {link.scheme for link in LEARN.links} >= {"command", "rule", "stage", "criterion", "metric", "article"}


def test_the_check_of_links_can_fail() -> None:
    assert dead([Link("command", "chekc"), Link("rule", "DG000"), Link("rule", "DG301"), Link("metric", "none")]) == [
        ": command:chekc",
        ": rule:DG000",
    ]
    assert set(SCHEMES) >= ABOVE


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's export and the files that articles speak of."""
    folder = tmp_path_factory.mktemp("demo")
    assert dealgate("demo", *AS_OF, "--save", folder / "deals.jsonl").code == 0
    for name, text in MADE_UP.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def typed(line: str) -> list[str]:
    """The words of a command line, judged as of the day of the demo where it judges anything."""
    words = shlex.split(line)[1:]
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, line
    return [*words, *AS_OF] if any("--as-of" in option.opts for option in command.params) else words


@pytest.mark.slow
@pytest.mark.parametrize(("goal", "line"), [(goal.id, run.line) for goal in GOALS for run in goal.run])
def test_every_command_of_a_goal_runs_on_the_demos_export(
    goal: str, line: str, demo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.jsonl").symlink_to(demo / "deals.jsonl")
    ran = dealgate(*typed(line))
    assert ran.code == 0, ran.all
    assert len(ran.all.splitlines()) > 1
    assert "There is no" not in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("article", ARTICLES, ids=name_of)
def test_every_command_in_an_article_can_be_typed(
    article: Article, demo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in demo.iterdir():
        (tmp_path / file.name).symlink_to(file)
    lines = TYPED.findall(article.text)
    assert lines
    for line in lines:
        ran = dealgate(*typed(" ".join(line.split())))
        assert ran.code in (0, 1), f"{line}\n{ran.all}"
        if (tmp_path / "my-process").is_dir():
            monkeypatch.chdir(tmp_path / "my-process")


@pytest.mark.parametrize("article", ARTICLES, ids=name_of)
def test_an_article_is_short_and_links_stay_inside(article: Article) -> None:
    assert 350 <= len(article.text.split()) <= 700
    assert not re.search(r"://|www\.|[!—]", article.text)
    long = [line for line in (CHECKOUT / article.file).read_text("utf-8").splitlines() if len(line) > 120]
    assert long == []


@pytest.mark.parametrize("article", ARTICLES, ids=name_of)
def test_an_article_ends_with_a_page_to_read_a_command_to_run_and_the_next_article(article: Article) -> None:
    last = article.text.rpartition("\n## ")[2]
    assert last.startswith("Do this next\n")
    schemes = re.findall(r"\]\((\w+):", last)
    assert {"command"} < set(schemes) and {"process", "stage"} & set(schemes)
    after = LEARN.after(article.id) or ARTICLES[0]
    assert re.findall(r"\]\(article:([\w-]+)\)", last) == [after.id]
    assert len(re.findall(r"^- ", last, re.M)) == 3


@pytest.mark.parametrize("goal", GOALS, ids=name_of)
def test_a_goal_leads_to_articles_to_what_to_look_at_and_to_commands(goal: Goal) -> None:
    assert len(goal.signs) >= 3 and len(goal.read) >= 2 and len(goal.run) >= 3 and len(goal.week) >= 3
    assert {"stage", "metric", "criterion"} & {link.scheme for link in goal.links} >= {"stage", "metric"}
    assert all(re.search(r"\]\(\w+:", look) or "[" not in look for look in goal.look)


def test_every_article_is_read_for_some_goal_and_the_goals_are_those_that_were_asked_for() -> None:
    assert {name for goal in GOALS for name in goal.read} == {one.id for one in ARTICLES}
    assert [goal.id for goal in GOALS] == [
        "inconsistent-conversion", "unreliable-forecast", "stalled-deals", "messy-crm", "new-team", "coaching-by-data",
    ]  # fmt: skip
