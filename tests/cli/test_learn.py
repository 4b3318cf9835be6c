from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.cli.running import dealgate, golden, process

from dealgate.documents.load import load_learn
from dealgate.model.learn import SCHEMES

LEARN = load_learn("learn").learn
assert LEARN is not None
IDS = LEARN.ids
RAW = re.compile(rf"\b({'|'.join(SCHEMES)}):[a-z]")

CLIENT = """\
kind: learn/v1
id: acme-learn
title: How Acme sells
version: 1.0.0
owner: Acme RevOps
extends: learn@^1
add: {articles: [{id: our-market, summary: Whom we sell to.}]}
"""


@pytest.fixture
def client(elsewhere: Path) -> Path:
    """A workspace whose reading path has an article of its own."""
    (elsewhere / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: acme\ntitle: Acme\nprocesses: [practical]\n", "utf-8"
    )
    (elsewhere / "rules").mkdir()
    (elsewhere / "rules" / "learn.yaml").write_text(CLIENT, "utf-8")
    (elsewhere / "rules" / "our-market.md").write_text("# Our market\n\nAsk `dealgate`\x1b[31m.\n", "utf-8")
    return elsewhere


def test_the_list_tells_every_article_in_order_and_every_goal() -> None:
    out = dealgate("learn").out
    assert [line.split()[0] for line in out.splitlines() if re.match(r"  [a-z]", line)] == list(IDS)
    golden("learn-80.txt", out)


def test_an_article_is_read_as_text() -> None:
    golden("learn-article-80.txt", dealgate("learn", "what-is-a-lead").out)


def test_a_goal_tells_what_to_read_to_look_at_to_run_and_to_do() -> None:
    golden("learn-goal-80.txt", dealgate("learn", "stalled-deals").out)


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("columns", [50, 80, 120])
def test_nothing_is_wider_than_the_terminal_and_no_raw_link_is_shown(name: str, columns: int) -> None:
    out = dealgate("learn", name, columns=columns).out
    assert RAW.search(out) is None
    assert max(map(len, out.splitlines())) <= min(columns, 100)
    assert "\x1b" not in out


def test_a_long_command_goes_on_after_a_backslash_and_is_whole() -> None:
    assert LEARN is not None
    for goal in LEARN.goals:
        out = dealgate("learn", goal.id, columns=60).out
        joined = re.sub(r" \\\n +", " ", out)
        assert [run.line for run in goal.run if f"    {run.line}\n" not in joined] == []


def test_json_holds_the_list_an_article_and_a_goal() -> None:
    listed = json.loads(dealgate("learn", "--output", "json").out)
    assert [one["id"] for one in (*listed["articles"], *listed["goals"])] == list(IDS)
    article = json.loads(dealgate("learn", "what-is-a-lead", "--output", "json").out)
    assert (article["title"], article["file"]) == ("What a lead is", "rules/learn/what-is-a-lead.md")
    assert {"to": "framework:icp", "words": "ICP fit"} in article["links"]
    goal = json.loads(dealgate("learn", "stalled-deals", "--output", "json").out)
    assert goal["run"][0]["line"].startswith("dealgate metrics deals.jsonl")
    assert goal["read"][0] == "pipeline-management"


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    ran = dealgate("learn", "what-is-a-led")
    assert (ran.code, ran.out) == (2, "")
    assert "There is no article or goal what-is-a-led." in ran.err
    assert "Did you mean what-is-a-lead?" in ran.err


def test_a_workspace_reads_its_own_path_and_its_text_cannot_steer_the_terminal(client: Path) -> None:
    assert "our-market" in dealgate("learn").out
    out = dealgate("learn", "our-market").out
    assert "Ask `dealgate`\\u001b[31m." in out
    assert "Article 9 of 9, 1 minute" in out


def test_a_path_that_does_not_hold_is_told_and_not_shown(client: Path) -> None:
    (client / "rules" / "our-market.md").write_text("# Our market\n\nSee [it](stage:practical.clos).\n", "utf-8")
    ran = dealgate("learn", "our-market")
    assert (ran.code, ran.out) == (3, "")
    assert "rules/our-market.md:3:10" in ran.err
    assert "did you mean `practical.close`?" in ran.err


def test_it_reads_the_same_in_a_process_of_its_own(tmp_path: Path) -> None:
    ran = process("learn", "governance", cwd=tmp_path, env={"COLUMNS": "80"})
    assert (ran.code, ran.out) == (0, dealgate("learn", "governance").out)
