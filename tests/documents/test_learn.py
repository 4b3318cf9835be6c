"""The reading path: its files beside the document that lists them, and links that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealgate.bundled import bundled
from dealgate.documents.load import Loaded, load_documents, load_learn
from dealgate.documents.markdown import read_markdown
from dealgate.model.learn import Learn, Link
from dealgate.tailor.pinning import pinned

HEAD = "kind: learn/v1\nid: {id}\ntitle: T\nversion: 1.0.0\nowner: O\n"
OWN = (
    HEAD.format(id="ours") + "articles:\n  - {id: one, summary: First.}\n  - {id: two, file: second.md, summary: S.}\n"
)
GOAL = """\
goals:
  - id: faster
    title: Be faster
    summary: Why it is slow.
    signs: [It is slow.]
    read: [one]
    look:
      - >-
        Look at [the stage](stage:practical.close) and
        [its age](metric:time_in_stge).
    run: [{line: dealgate check deals.jsonl, shows: "All of [it](command:check)."}]
    week: [Be quick.]
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files below a workspace's ``rules``; gives back the workspace."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical]\n", encoding="utf-8"
    )

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / "rules" / name.replace("__", "/").replace("_md", ".md").replace("_yaml", ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def told(loaded: Loaded) -> list[str]:
    return [f"{d.where} {d.code} {d.message} | {d.suggestion}" for d in loaded.diagnostics]


def held(loaded: Loaded) -> Learn:
    assert loaded.learn is not None, told(loaded)
    return loaded.learn


def test_the_one_that_ships_holds_and_lists_every_article_in_its_folder() -> None:
    loaded = load_learn("learn")
    assert told(loaded) == []
    listed = [Path(one.file).name for one in held(loaded).articles]
    assert sorted(listed) == sorted(path.name for path in (bundled("rules") / "learn").glob("*.md"))
    assert listed[0] == "what-is-a-sales-process.md"
    assert all(one.title and one.summary and one.links for one in held(loaded).articles)


def test_an_article_is_the_text_below_its_title(write: Write) -> None:
    write(ours_yaml=OWN + GOAL.replace("stge", "stage"), one_md="# On *one*\n\nText.\n", second_md="Two\n===\n\n## P\n")
    learn = held(load_learn("ours"))
    assert [(one.id, one.title, one.text, one.file) for one in learn.articles] == [
        ("one", "On one", "Text.", "rules/one.md"),
        ("two", "Two", "## P", "rules/second.md"),
    ]
    assert [one.minutes for one in learn.articles] == [1, 1]
    assert learn.after("one") == learn.article("two")
    assert learn.after("two") is None and learn.after("faster") is None


def test_the_links_of_a_goal_are_those_of_its_texts_its_articles_and_its_commands(write: Write) -> None:
    write(ours_yaml=OWN + GOAL.replace("stge", "stage"), one_md="# One\n", second_md="# Two\n")
    goal = held(load_learn("ours")).goals[0]
    assert [str(link) for link in goal.links] == [
        "article:one", "stage:practical.close", "metric:time_in_stage", "command:check", "command:check",
    ]  # fmt: skip
    assert goal.look == ("Look at [the stage](stage:practical.close) and [its age](metric:time_in_stage).",)
    assert goal.run[0].command == "check"
    assert str(goal.links[2].at) == "rules/ours.yaml:18:19"


def test_a_file_that_is_not_there_is_told_where_it_is_named(write: Write) -> None:
    write(ours_yaml=OWN)
    assert told(load_learn("ours")) == [
        "rules/ours.yaml:7:10 DG440 The article's file `one.md` cannot be read. | It is looked for as rules/one.md.",
        "rules/ours.yaml:8:21 DG440 The article's file `second.md` cannot be read. | "
        "It is looked for as rules/second.md.",
    ]


def test_an_article_without_title_and_what_it_cannot_hold_are_told_at_their_places(write: Write) -> None:
    write(
        ours_yaml=OWN,
        one_md="## Too small\n",
        second_md="# Two\n\nA <b>bold</b> word.\n\n<table>\n</table>\n\n- ![map](map.png)\n",
    )
    assert [line.split(" | ")[0] for line in told(load_learn("ours"))] == [
        "rules/one.md:1:1 DG444 This article does not begin with its title.",
        "rules/second.md:3:3 DG445 An article cannot hold HTML: it is read on a terminal and on paper too.",
        "rules/second.md:3:10 DG445 An article cannot hold HTML: it is read on a terminal and on paper too.",
        "rules/second.md:5:1 DG445 An article cannot hold HTML: it is read on a terminal and on paper too.",
        "rules/second.md:8:10 DG445 An article cannot hold a picture: it is read on a terminal and on paper too.",
    ]


@pytest.mark.parametrize(
    ("link", "message", "suggestion"),
    [
        ("stage:practical.qualifcation", "There is no stage `practical.qualifcation`.", "practical.qualification"),
        ("stage:practicl.close", "There is no process `practicl`.", "practical"),
        ("stage:practical", "There is no stage `practical`.", "There are practical.prospecting, "),
        ("process:practicla", "There is no process `practicla`.", "practical"),
        ("framework:bnat", "There is no framework `bnat`.", "bant"),
        ("element:bant.ned", "There is no element `bant.ned`.", "bant.need"),
        ("element:bnat.need", "There is no framework `bnat`.", "bant"),
        ("criterion:practical.close.verbal-choise", "There is no criterion `practical.close.verbal-choise`.",
         "practical.close.verbal-choice"),
        ("criterion:practical.close.has-term", "There is no criterion `practical.close.has-term`.",
         "practical.close.has-terms"),
        ("metric:win_rates", "There is no metric `win_rates`.", "win_rate"),
        ("article:tow", "There is no article `tow`.", "two"),
        ("goal:fastre", "There is no goal `fastre`.", "faster"),
        ("stages:practical.close", "`stages:practical.close` leads out of the reading path.", "stage"),
        ("https://example.com/", "`https://example.com/` leads out of the reading path.", "A link begins with "),
        ("second.md", "`second.md` leads out of the reading path.", "A link begins with "),
        ("javascript:alert", "`javascript:alert` leads out of the reading path.", "A link begins with "),
        ("stage:", "`stage:` leads out of the reading path.", "A link begins with "),
        ("", "This link leads nowhere.", "A link begins with "),
    ],
)  # fmt: skip
def test_a_link_to_what_is_not_there_is_told_at_its_place(
    write: Write, link: str, message: str, suggestion: str
) -> None:
    text = f"# One\n\nFirst\n[a metric](metric:win_rate), then\n\n- in `code`,\n  [it]({link}) here.\n"
    write(ours_yaml=OWN + GOAL.replace("stge", "stage"), one_md=text, second_md="# Two\n")
    (found,) = load_learn("ours").diagnostics
    assert (str(found.where), found.message) == ("rules/one.md:7:8", message)
    assert found.code == ("DG442" if message.startswith("There is no") else "DG441")
    hint = found.suggestion or ""
    assert hint == f"did you mean `{suggestion}`?" or hint.startswith(suggestion)


def test_every_kind_of_target_is_found_where_it_is(write: Write) -> None:
    links = [
        "stage:practical.close", "process:leads", "framework:icp", "element:bant.need", "metric:win_rate",
        "criterion:practical.qualification.need-stated", "criterion:practical.close.has-terms",
        "criterion:practical.prospecting.contact-named", "criterion:practical.won.signed",
        "criterion:practical.recycle.has-revisit-on", "article:two", "goal:faster", "command:check", "rule:DG301",
    ]  # fmt: skip
    text = "# One\n\n" + "\n".join(f"- [it]({link})" for link in links)
    write(ours_yaml=OWN + GOAL.replace("stge", "stage"), one_md=text, second_md="# Two\n")
    loaded = load_learn("ours")
    assert told(loaded) == []
    assert [str(link) for link in held(loaded).articles[0].links] == links


def test_links_of_a_goal_and_what_it_reads_are_told_in_the_document(write: Write) -> None:
    write(ours_yaml=OWN + GOAL.replace("[one]", "[one, thre]"), one_md="# One\n", second_md="# Two\n")
    assert told(load_learn("ours")) == [
        "rules/ours.yaml:14:17 DG442 There is no article `thre`. | There are one, two …",
        "rules/ours.yaml:18:19 DG442 There is no metric `time_in_stge`. | did you mean `time_in_stage`?",
    ]


def test_a_second_article_or_goal_of_one_id_is_refused(write: Write) -> None:
    write(ours_yaml=OWN + GOAL.replace("faster", "one").replace("stge", "stage"), one_md="# One\n", second_md="# Two\n")
    assert [d.code for d in load_learn("ours").diagnostics] == ["DG231"]


def test_an_article_that_nobody_lists_is_a_warning_and_a_readme_is_none(write: Write) -> None:
    write(ours_yaml=OWN, one_md="# One\n", second_md="# Two\n", third_md="# Three\n", README_md="# What is here\n")
    loaded = load_learn("ours")
    assert told(loaded) == [
        "rules/third.md DG443 No reading path lists this article. | "
        "List it under `articles` in rules/ours.yaml, or take it away."
    ]
    assert held(loaded).article("one") is not None


def test_a_client_adds_replaces_and_removes_without_saying_that_it_loosens(write: Write) -> None:
    overlay = HEAD.format(id="acme") + (
        "extends: ours@^1\nchange: {articles: {one: {file: first.md}}}\n"
        "add: {articles: [{id: three, summary: S.}]}\nremove: [articles.two]\n"
    )
    write(
        base__ours_yaml=OWN, base__one_md="# One\n", base__second_md="# Two\n",
        acme_yaml=overlay, first_md="# Our one\n\n[To three](article:three).\n", three_md="# Three\n",
    )  # fmt: skip
    loaded = load_learn("acme")
    assert told(loaded) == []
    assert [(one.id, one.title, one.file) for one in held(loaded).articles] == [
        ("one", "Our one", "rules/first.md"),
        ("three", "Three", "rules/three.md"),
    ]
    every = load_documents([Path("rules")])
    assert [d for one in every for d in one.diagnostics] == []


def test_what_a_client_takes_away_is_a_warning_where_others_lead_to_it_and_no_link_any_more(write: Write) -> None:
    overlay = HEAD.format(id="acme") + "extends: ours@^1\nremove: [articles.two, goals.faster]\n"
    text = "# One\n\n[on](article:two), [fast](goal:faster), [win](metric:win_rate)\n"
    goal = GOAL.replace("stge", "stage").replace("[one]", "[two, one]")
    more = goal.replace("goals:\n", "").replace("id: faster", "id: other")
    write(base__ours_yaml=OWN + goal + more, base__one_md=text, base__second_md="# Two\n", acme_yaml=overlay)
    loaded = load_learn("acme")
    assert [line.split(" | ")[0] for line in told(loaded)] == [
        "rules/acme.yaml:7:10 DG446 The article `two` falls away, and rules/base/one.md:3:6 still leads to it.",
        "rules/acme.yaml:7:10 DG446 The article `two` falls away, and rules/base/ours.yaml:25:12 still leads to it.",
        "rules/acme.yaml:7:24 DG446 The goal `faster` falls away, and rules/base/one.md:3:27 still leads to it.",
    ]
    learn = held(loaded)
    assert [str(link) for link in learn.articles[0].links] == ["metric:win_rate"]
    assert [(one.id, one.read) for one in learn.goals] == [("other", ("one",))]


def test_the_path_of_a_workspace_is_its_own_or_the_one_it_names_or_that_which_ships(write: Write) -> None:
    write()
    assert load_learn().id == "learn"
    write(acme_yaml=HEAD.format(id="acme") + "extends: learn@^1\n", ours_yaml=OWN, one_md="# 1\n", second_md="# 2\n")
    assert load_learn().id == "acme"
    with Path("dealgate.yaml").open("a", encoding="utf-8") as file:
        file.write("use: {learn: [ours]}\n")
    assert load_learn().id == "ours"


def test_what_ships_speaks_of_what_ships_and_a_workspaces_article_of_the_workspace(write: Write) -> None:
    practical = (bundled("rules") / "processes" / "practical.yaml").read_text("utf-8")
    own = practical.replace("id: qualification\n", "id: qualifying\n").replace("left.qualification", "left.qualifying")
    added = "add: {articles: [{id: mine, summary: S.}]}\n"
    write(
        practical_yaml=own, acme_yaml=HEAD.format(id="acme") + "extends: learn@^1\n" + added,
        mine_md="# Mine\n\n[ours](stage:practical.qualifying), [theirs](stage:practical.qualification)\n",
    )  # fmt: skip
    assert told(load_learn("acme")) == [
        "rules/mine.md:3:46 DG442 There is no stage `practical.qualification`. | did you mean `practical.qualifying`?"
    ]


def test_a_lock_holds_no_reading_path_and_nothing_that_it_only_speaks_of(write: Write) -> None:
    folder = write(acme_yaml=HEAD.format(id="acme") + "extends: learn@^1\n")
    assert {(one.entry.kind, one.entry.id) for one in pinned(folder)} >= {("process", "practical")}
    assert not {("learn", "learn"), ("process", "leads")} & {(one.entry.kind, one.entry.id) for one in pinned(folder)}


PIECES = st.sampled_from(
    ["[a](stage:x.y)", "[b](metric:m)", "`[c](stage:x.y)`", "text ", "\n", "\n\n", "- ", "> ", "    ", "```\n", "*",
     "[d](<goal:g>)", "<https://e.x>", "[e][r]", "[r]: https://e.x\n", "<b>", "![p](q.png)", "# ", "\\", "[", "](", ")"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join))
@example("[<https://e.x>]()[a](stage:x.y)<https://e.x>")
@example("[<https://e.x>\\[a](stage:x.y)[a](stage:x.y)<https://e.x>")
def test_a_link_is_placed_in_the_text_on_a_line_that_is_there(text: str) -> None:
    found = read_markdown(text, "a.md")
    lines = text.split("\n")
    for link in found.links:
        assert 1 <= link.at.line <= len(lines)
        if f"]({link.target})" in text:
            shown = lines[link.at.line - 1][link.at.column - 1 :]
            assert shown.startswith(link.target) or link.target not in lines[link.at.line - 1]


def test_a_link_in_code_is_no_link() -> None:
    found = read_markdown("# T\n\n`[a](stage:x.y)` and\n\n    [b](stage:x.y)\n\n[c](stage:x.z)\n", "a.md")
    assert [(link.target, str(link.at)) for link in found.links] == [("stage:x.z", "a.md:7:5")]


def test_a_link_reads_as_it_is_written() -> None:
    assert str(Link("stage", "practical.close")) == "stage:practical.close"
