"""Plays are checked when they are loaded: what could not be at night is said by day, with its line and column."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from dealgate.documents.load import Loaded, load, load_documents, load_plays
from dealgate.model.diagnostics import Severity
from dealgate.model.play import Bound, Need, Play, Plays
from dealgate.model.values import Duration

HEAD = "kind: plays/v1\nid: ours\ntitle: Ours\nversion: 1.0.0\nowner: Ops\n"
WORKSPACE = "kind: workspace/v1\nid: w\ntitle: W\nrules: [., rules]\n"
SEEN = "{fact: finding, rule: ageing}"


def told(loaded: Loaded) -> list[str]:
    return [f"{d.where.line}:{d.where.column} {d.code} {d.message}" for d in loaded.diagnostics]


def read(folder: Path, text: str) -> Loaded:
    path = folder / "ours.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_plays(path)


def play(name: str, when: str, then: str = "conclude: p", scope: str = "owner") -> str:
    return f"  - id: {name}\n    title: T\n    scope: {scope}\n    when:\n      - {when}\n    then: {{{then}}}\n"


def one(folder: Path, when: str, then: str = "conclude: p", scope: str = "owner", head: str = "") -> list[str]:
    return told(read(folder, head + "plays:\n" + play("a", when, then, scope)))


def plays_of(loaded: Loaded) -> Plays:
    assert loaded.plays is not None, told(loaded)
    return loaded.plays


@pytest.mark.parametrize("name", ["coaching", "process"])
def test_what_ships_holds(name: str) -> None:
    loaded = load_plays(name)
    assert told(loaded) == []
    assert len(plays_of(loaded).plays) >= 10
    assert loaded.digest.startswith("sha256:")
    for play in plays_of(loaded).plays:
        assert play.recommend is not None or play.conclude is not None
        assert play.recommend is None or play.recommend.question or play.recommend.action, play.id
        assert play.at.file == f"rules/plays/{name}.yaml" and play.at.line > 0


def test_at_least_twenty_plays_ship() -> None:
    assert sum(len(plays_of(load_plays(name)).plays) for name in ("coaching", "process")) >= 20


def test_a_play_is_read_whole(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        """\
params: {few: {type: percent, default: 5%}}
plays:
  - id: a
    title: A
    scope: owner
    priority: 3
    when:
      - fact: verdict
        criterion: q.need
        status: [unmet, unknown]
        count: {at_least: 3}
        distinct: deal
        within_last: 30 days
        as: gaps
      - {fact: metric, id: q.disqualified_share, period: quarter, value: {below: {param: few}}, change: {between: [-1, 2]}}
      - {no: event, event: pushed}
    then:
      conclude: p
      recommend:
        to: manager
        question: "{owner.name} has {gaps.count}, {metric.value}?"
        due: 7 days
        data: {share: {from: metric.change}}
""",
    )
    assert plays_of(loaded).plays == (
        Play(
            "a",
            "A",
            "owner",
            (
                Need(
                    "verdict",
                    tests=(("criterion", ("q.need",)), ("status", ("unknown", "unmet"))),
                    count=(Bound("at_least", Decimal(3)),),
                    distinct="deal",
                    within=Duration(30, "day"),
                ),
                Need(
                    "metric",
                    tests=(("id", ("disqualified_share",)), ("period", ("quarter",)), ("stage", ("q",))),
                    value=(Bound("below", Decimal("0.05")),),
                    change=(Bound("at_least", Decimal(-1)), Bound("at_most", Decimal(2))),
                ),
                Need("event", True, (("event", ("pushed",)),)),
            ),
            "p",
            plays_of(loaded).plays[0].recommend,
            3,
            document="ours",
        ),
    )
    said = plays_of(loaded).plays[0].recommend
    assert said is not None and said.due == Duration(7, "day") and said.data == (("share", "metric.change"),)


def test_an_overlay_sets_a_threshold(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "kind: plays/v1\nid: mine\ntitle: M\nversion: 1.0.0\nowner: O\nextends: coaching@^1\nparams: {gaps: 5}\n",
        encoding="utf-8",
    )
    found = plays_of(load_plays(path)).play("silent-deals")
    assert found is not None and found.when[0].count == (Bound("at_least", Decimal(5)),)


def test_a_name_that_nothing_binds_is_told_with_the_nearest(tmp_path: Path) -> None:
    loaded = read(tmp_path, "plays:\n" + play("a", SEEN, 'recommend: {to: m, question: "{onwer.name}?"}'))
    assert told(loaded) == ["12:41 DG820 Nothing is known here by the name `onwer.name`."]
    assert loaded.diagnostics[0].suggestion == "did you mean `owner.name`?"


@pytest.mark.parametrize(
    "text",
    [
        "{deal.name}",
        "{owner.age}",
        "{finding}",
        "{finding.count.x}",
        "{ owner.name}",
        "{owner.name",
        "{}",
        "{0.__class__}",
    ],
)
def test_a_text_is_never_code_and_knows_no_narrower_record(tmp_path: Path, text: str) -> None:
    found = one(tmp_path, SEEN, f'recommend: {{to: m, question: "{text}"}}')
    assert [line.split()[1] for line in found] == ["DG820"]


def test_two_facts_of_a_kind_are_told_apart_by_their_own_names(tmp_path: Path) -> None:
    when = "{fact: event, event: pushed, as: pushed}\n      - {fact: event, event: lost}"
    assert one(tmp_path, when, 'recommend: {to: m, question: "{pushed.count}"}') == []
    assert len(one(tmp_path, when, 'recommend: {to: m, question: "{event.count}"}')) == 1


def test_a_figure_of_a_recommendation_is_bound_too(tmp_path: Path) -> None:
    found = one(tmp_path, SEEN, "recommend: {to: m, data: {x: {from: metric.value}}}")
    assert found == ["12:48 DG820 Nothing is known here by the name `metric.value`."]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("{fact: conclusion, pattern: q}", "11:37 DG821 No play concludes `q`."),
        ("{fact: verdict, status: [unmett]}", "11:34 DG821 There is never a verdict whose status is `unmett`."),
        ("{fact: event, event: pushd}", "11:30 DG821 There is never an event whose event is `pushd`."),
        ("{fact: metric, id: win_rat}", "11:28 DG241 There is no metric `win_rat`."),
        ("{fact: verdict, value: {above: 3}}", "11:25 DG824 A verdict has no figure."),
        ("{fact: metric, rule: x}", "11:24 DG824 A metric has no `rule`."),
        ("{fact: conclusion}", "11:9 DG824 A conclusion is asked for by its pattern."),
        ("{no: finding, count: {at_least: 2}}", "11:23 DG824 What is not there has no `count`."),
        ("{fact: finding, distinct: deal}", "11:25 DG824 `distinct` says how a `count` is taken, and there is none."),
        (
            "{fact: metric, count: {at_least: 1}, distinct: theme}",
            "11:56 DG824 A metric cannot be counted by `theme`.",
        ),
        ("{fact: finding, count: {at_least: 1.5}}", "11:43 DG824 `1.5` is no count."),
        ("{fact: finding, count: {at_least: 5%}}", "11:43 DG824 `5%` is no figure."),
        ("{fact: metric, value: {in: [1, 2]}}", "11:32 DG824 A figure is not tested by `in`."),
        ("{fact: metric, value: {above: {param: x}}}", "11:47 DG210 There is no parameter `x`."),
        ("{fact: event, within_last: 5 hours}", "11:36 DG824 A window of facts is counted in days or longer."),
        (
            "{fact: metric, value: {above: 3, below: 2}}",
            "11:9 DG823 The play `a` never fires: no figure passes all that is asked here.",
        ),
        (
            "{fact: finding, rule: ageing}\n      - {no: finding}",
            "12:9 DG823 The play `a` never fires: what is asked here rules out line 11.",
        ),
        (
            "{fact: metric, id: win_rate, value: {below: 1}}\n      - {fact: metric, id: win_rate, value: {above: 2}}",
            "12:9 DG823 The play `a` never fires: what is asked here rules out line 11.",
        ),
    ],
)
def test_a_fact_that_can_never_be_is_told_where_it_stands(tmp_path: Path, when: str, message: str) -> None:
    assert one(tmp_path, when) == [message]


def test_a_parameter_that_varies_with_a_deal_is_no_figure(tmp_path: Path) -> None:
    head = "params: {n: {type: integer, default: 1, by: {field: stage, values: {q: 2}}}}\n"
    assert one(tmp_path, "{fact: event, count: {above: {param: n}}}", head=head) == [
        "12:38 DG824 The parameter `n` varies with a deal; a play's figure cannot."
    ]


def test_what_is_concluded_of_an_owner_is_not_seen_of_a_deal(tmp_path: Path) -> None:
    second = play("b", "{fact: conclusion, pattern: p}", "conclude: q", "deal")
    assert told(read(tmp_path, "plays:\n" + play("a", SEEN) + second)) == [
        "17:37 DG821 `p` is concluded of `owner` records, and a play about one deal never sees it."
    ]
    assert told(read(tmp_path, "plays:\n" + play("a", SEEN, scope="deal") + second.replace("deal", "owner"))) == []


@pytest.mark.parametrize("word", ["fact", "no"])
def test_plays_that_would_chain_for_ever_are_listed(tmp_path: Path, word: str) -> None:
    text = (
        "plays:\n"
        + play("a", f"{{{word}: conclusion, pattern: q}}")
        + play("b", "{fact: conclusion, pattern: p}", "conclude: q")
    )
    assert told(read(tmp_path, text)) == ["7:5 DG217 These plays rest on each other: a → b → a."]


def test_a_play_that_rests_on_itself_is_a_circle_of_one(tmp_path: Path) -> None:
    found = one(tmp_path, "{fact: conclusion, pattern: p, count: {at_least: 2}, distinct: deal}")
    assert found == ["7:5 DG217 These plays rest on each other: a → a."]


def test_two_plays_that_may_conclude_opposites_contradict_each_other(tmp_path: Path) -> None:
    low = "{fact: metric, id: win_rate, value: {below: 30%}}"
    high = "{fact: metric, id: win_rate, value: {at_least: 25%}}"
    text = "opposites: [[bad, good]]\nplays:\n" + play("a", low, "conclude: bad") + play("b", high, "conclude: good")
    assert told(read(tmp_path, text)) == [
        "14:5 DG822 The plays `a` and `b` contradict each other: `bad` and `good` exclude each other, "
        "and both may be concluded of one owner."
    ]
    assert told(read(tmp_path, text.replace("25%", "30%"))) == []
    ruled_out = text.replace(high, f"{high}\n      - {{no: metric, id: win_rate, value: {{below: 30%}}}}")
    assert told(read(tmp_path, ruled_out)) == []
    assert told(read(tmp_path, text.replace("[bad, good]", "[bad, god]"))) == ["6:19 DG821 No play concludes `god`."]


def test_an_error_that_the_schema_tells_is_told_once(tmp_path: Path) -> None:
    assert [line.split()[1] for line in one(tmp_path, "{fact: verdct}")] == ["DG104"]


def test_a_process_has_the_criteria_that_its_plays_speak_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    when = "{fact: verdict, criterion: qualification.need-statd, status: [unmet]}"
    (tmp_path / "ours.yaml").write_text(HEAD + "plays:\n" + play("a", when), encoding="utf-8")
    process = (
        "kind: process/v1\nid: mine\ntitle: M\nversion: 1.0.0\nowner: O\nextends: practical@^1\nuse: {plays: [%s]}\n"
    )
    path = tmp_path / "mine.yaml"
    path.write_text(process % "ours", encoding="utf-8")
    assert [d for d in told(load(path)) if "DG821" in d] == [
        "11:9 DG821 The process `mine` has no criterion `qualification.need-statd`, so there is never such a fact."
    ]
    path.write_text(process % "coaching", encoding="utf-8")
    assert told(load(path)) == []


def test_to_validate_plays_durable_rules_is_not_imported(checkout: Path) -> None:
    lines = (
        "import sys\nfrom dealgate.documents.load import load_documents\n"
        "found = load_documents(['rules/plays'])\nassert len(found) == 4 and all(one.holds for one in found)\n"
        "assert not [name for name in sys.modules if name.startswith(('durable', 'dealgate.plays'))]\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=checkout,
        env={"PYTHONPATH": "engine"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr


def test_every_play_of_a_folder_is_loaded_with_the_documents(checkout: Path) -> None:
    found = [one.plays for one in load_documents([checkout / "rules" / "plays" / "coaching.yaml"])]
    assert found[0] is not None


def test_a_drill_that_there_is_not_is_told_with_the_nearest(tmp_path: Path) -> None:
    loaded = read(tmp_path, "plays:\n" + play("a", SEEN, "recommend: {to: rep, question: Q, drill: stage-cort}"))
    assert told(loaded) == ["12:53 DG826 There is no drill `stage-cort`."]
    assert "stage-court" in str(loaded.diagnostics[0].suggestion)


def test_a_rule_that_no_inspection_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    loaded = read(tmp_path, "plays:\n" + play("a", "{fact: finding, rule: agein}"))
    assert [d.code for d in loaded.diagnostics] == ["DG821"]
    assert loaded.diagnostics[0].message == "No inspection has a rule `agein`, so there is never such a finding."
    assert "ageing" in str(loaded.diagnostics[0].suggestion)


def test_a_rule_of_the_workspaces_own_inspection_is_one(tmp_path: Path) -> None:
    (tmp_path / "dealgate.yaml").write_text(WORKSPACE + "processes: [practical]\n", encoding="utf-8")
    rule = "  - {id: brand-new, title: N, severity: warn, scope: deal, when: {filled: amount}, why: W}\n"
    text = HEAD.replace("plays/v1", "inspection/v1").replace("ours", "mine") + "rules:\n" + rule
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text(text, encoding="utf-8")
    assert told(read(tmp_path, "plays:\n" + play("a", "{fact: finding, rule: brand-new}"))) == []


def test_plays_that_ship_are_silent_where_the_process_has_other_criteria(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dealgate.yaml").write_text(
        WORKSPACE + "processes: [transactional]\nuse: {plays: [process]}\n", encoding="utf-8"
    )
    (found,) = load_documents([tmp_path])
    assert [(d.code, d.severity, d.where.line, d.where.column) for d in found.diagnostics] == [
        ("DG827", Severity.INFO, 6, 15)
    ]
    assert "`ask-for-the-need` (`qualification.need-stated`)" in found.diagnostics[0].message
    (tmp_path / "dealgate.yaml").write_text(
        WORKSPACE + "processes: [practical]\nuse: {plays: [process]}\n", encoding="utf-8"
    )
    assert told(load_documents([tmp_path])[0]) == []


def test_own_plays_about_a_criterion_that_no_process_of_the_workspace_has_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    when = "{fact: verdict, criterion: qualification.need-statd, status: [unmet]}"
    (tmp_path / "ours.yaml").write_text(HEAD + "plays:\n" + play("a", when), encoding="utf-8")
    (tmp_path / "dealgate.yaml").write_text(
        WORKSPACE + "processes: [practical, transactional]\nuse: {plays: [ours]}\n", encoding="utf-8"
    )
    found = next(one for one in load_documents([tmp_path]) if one.kind == "workspace")
    messages = [d.message for d in found.diagnostics if d.code == "DG821"]
    assert messages == [
        "The processes `practical` and `transactional` have no criterion `qualification.need-statd`, "
        "so there is never such a fact."
    ]
