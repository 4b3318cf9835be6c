"""What follows from facts, and why: three values, windows, joins, chains of reasons, texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dealgate.documents.digest import digest
from dealgate.documents.load import load_plays
from dealgate.model.diagnostics import DealgateError, Where
from dealgate.model.play import Plays
from dealgate.plays import Concluded, Fact, Facts, Record, conclude
from dealgate.plays.chain import using
from dealgate.plays.texts import shown

TODAY = date(2026, 11, 23)
HEAD = "kind: plays/v1\nid: ours\ntitle: Ours\nversion: 1.0.0\nowner: Ops\nplays:\n"
KINDS = ["verdict", "finding", "metric", "event", "target", "coaching_action"]


def plays_of(folder: Path, text: str) -> Plays:
    path = folder / "ours.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    loaded = load_plays(path)
    assert loaded.plays is not None, loaded.diagnostics
    return loaded.plays


def play(name: str, *when: str, then: str = "conclude: p", scope: str = "owner", priority: int = 0) -> str:
    needs = "".join(f"      - {one}\n" for one in when)
    return f"  - id: {name}\n    title: T\n    scope: {scope}\n    priority: {priority}\n    when:\n{needs}    then: {{{then}}}\n"


def fires(found: Concluded) -> list[str]:
    return [one.id for one in found.conclusions]


def opens(found: Concluded) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(one.play.id, one.number, one.records) for one in found.undecided]


def pushed(deal: str, days: int | None, owner: str | None = "ann") -> Fact:
    return Fact("event", event="pushed", deal=deal, owner=owner, on=None if days is None else TODAY - timedelta(days))


def ask(folder: Path, when: str, *facts: Fact, looked_at: list[str] | None = None) -> Concluded:
    return conclude(plays_of(folder, play("a", when)), Facts(facts, KINDS if looked_at is None else looked_at), TODAY)


def test_a_figure_that_is_not_known_decides_nothing(tmp_path: Path) -> None:
    when = "{fact: metric, id: win_rate, value: {below: 20%}}"
    known = Fact("metric", id="win_rate", owner="ann", value=Decimal("0.2"))
    assert (fires(ask(tmp_path, when, known)), opens(ask(tmp_path, when, known))) == ([], [])
    unknown = ask(tmp_path, when, known._replace(value=None))
    assert (fires(unknown), opens(unknown)) == ([], [("a", 1, ("ann",))])
    assert fires(ask(tmp_path, when, known._replace(value=Decimal("0.199")))) == ["ours.a:ann"]


def test_what_was_never_looked_at_is_not_absent(tmp_path: Path) -> None:
    when = "{fact: event, event: pushed}\n      - {no: coaching_action, theme: dates}"
    assert fires(ask(tmp_path, when, pushed("d", 1))) == ["ours.a:ann"]
    not_looked = ask(tmp_path, when, pushed("d", 1), looked_at=["event"])
    assert (fires(not_looked), opens(not_looked)) == ([], [("a", 1, ("ann",))])
    of_some_theme = Fact("coaching_action", owner="ann")
    assert opens(ask(tmp_path, when, pushed("d", 1), of_some_theme)) == [("a", 1, ("ann",))]
    of_that = Fact("coaching_action", owner="ann", theme="dates")
    assert opens(ask(tmp_path, when, pushed("d", 1), of_that)) == []


def test_an_open_conclusion_leaves_open_what_asks_for_its_absence(tmp_path: Path) -> None:
    plays = plays_of(
        tmp_path,
        play("a", "{fact: metric, id: win_rate, value: {below: 20%}}")
        + play("b", "{fact: event}", "{no: conclusion, pattern: p}", then="conclude: q")
        + play("c", "{fact: conclusion, pattern: p}", then="conclude: r"),
    )
    metric = Fact("metric", id="win_rate", owner="ann")
    found = conclude(plays, Facts([metric, pushed("d", 1)], KINDS), TODAY)
    assert fires(found) == []
    assert [name for name, _, _ in opens(found)] == ["a", "b", "c"]
    found = conclude(plays, Facts([metric._replace(value=Decimal(1)), pushed("d", 1)], KINDS), TODAY)
    assert fires(found) == ["ours.b:ann"]


@pytest.mark.parametrize(("days", "there"), [(0, True), (30, True), (31, False), (-1, False)])
def test_a_window_has_both_its_days(tmp_path: Path, days: int, there: bool) -> None:
    found = ask(tmp_path, "{fact: event, within_last: 30 days}", pushed("d", days))
    assert fires(found) == (["ours.a:ann"] if there else [])
    assert found.later == (days < 0)


def test_an_event_without_a_day_may_be_in_the_window(tmp_path: Path) -> None:
    assert opens(ask(tmp_path, "{fact: event, within_last: 30 days}", pushed("d", None))) == [("a", 1, ("ann",))]


def test_a_moment_counts_by_its_day_in_the_zone(tmp_path: Path) -> None:
    plays = plays_of(tmp_path, play("a", "{fact: event, within_last: 1 day}"))
    facts = Facts([pushed("d", 1)], KINDS)
    assert fires(conclude(plays, facts, datetime(2026, 11, 23, 23, 59, tzinfo=UTC))) == ["ours.a:ann"]
    assert fires(conclude(plays, facts, datetime(2026, 11, 25, 0, 0, tzinfo=UTC))) == []


def test_distinct_counts_a_deal_once(tmp_path: Path) -> None:
    twice = [pushed("d", 1), pushed("d", 2)]
    assert fires(ask(tmp_path, "{fact: event, count: {at_least: 2}}", *twice)) == ["ours.a:ann"]
    when = "{fact: event, count: {at_least: 2}, distinct: deal}"
    assert fires(ask(tmp_path, when, *twice)) == []
    assert fires(ask(tmp_path, when, *twice, pushed("e", 1))) == ["ours.a:ann"]
    assert fires(ask(tmp_path, "{fact: event, count: {at_least: 2}}", twice[0], twice[0])) == []


def test_facts_join_on_the_plays_scope_through_the_records(tmp_path: Path) -> None:
    records = {
        ("deal", "d1"): Record("D", account="acme", owner="ann"),
        ("deal", "d2"): Record("E", account="acme", owner="bob"),
        ("owner", "ann"): Record("Ann", team="west"),
        ("owner", "bob"): Record("Bob", team="west"),
    }
    facts = [pushed("d1", 1, None), pushed("d2", 1, None), pushed("lost", 1, None)]
    for scope, there in [("deal", ["d1", "d2", "lost"]), ("account", []), ("owner", []), ("team", [])]:
        one, two = play("a", "{fact: event}", scope=scope), "{fact: event, count: {at_least: 2}}"
        found = conclude(plays_of(tmp_path, one), Facts(facts, KINDS, records), TODAY)
        every = {"deal": there, "account": ["acme"], "owner": ["ann", "bob"], "team": ["west"]}[scope]
        assert [c.record for c in found.conclusions] == every
        assert found.unplaced == ({} if scope == "deal" else {scope: 1})
        both = conclude(plays_of(tmp_path, play("a", two, scope=scope)), Facts(facts, KINDS, records), TODAY)
        assert [c.record for c in both.conclusions] == (every if len(every) == 1 else [])


def test_a_conclusion_has_its_reasons_down_to_deals_and_lines(tmp_path: Path) -> None:
    plays = plays_of(
        tmp_path,
        play("stuck", "{fact: finding, rule: ageing}", then="conclude: stuck", scope="deal")
        + play(
            "slow", "{fact: conclusion, pattern: stuck, count: {at_least: 2}, distinct: deal}", then="conclude: slow"
        )
        + play("talk", "{fact: conclusion, pattern: slow}", "{no: coaching_action}", then="recommend: {to: manager}"),
    )
    rule = Where("rules/inspections/risk.yaml", 36, 5)
    facts = [Fact("finding", rule="ageing", deal=d, owner="ann", where=rule, says=f"{d} is old") for d in ("d1", "d2")]
    records = {("deal", d): Record(owner="ann") for d in ("d1", "d2")}
    found = conclude(plays, Facts(facts, KINDS, records), TODAY)
    assert fires(found) == ["ours.stuck:d1", "ours.stuck:d2", "ours.slow:ann", "ours.talk:ann"]
    talk = found.conclusions[-1]
    slow = talk.because[0].conclusions[0]
    assert (slow.id, talk.because[1].facts, talk.because[1].conclusions) == ("ours.slow:ann", (), ())
    assert [stuck.id for stuck in slow.because[0].conclusions] == ["ours.stuck:d1", "ours.stuck:d2"]
    assert [fact.says for fact in slow.because[0].conclusions[0].because[0].facts] == ["d1 is old"]
    assert talk.deals() == {"d1", "d2"}
    assert rule in talk.lines() and talk.lines()[0] == talk.play.at
    here = [where.line for where in talk.lines() if where.file != rule.file]
    assert sorted(here) == [7, 12, 14, 19, 21, 26, 27]


def test_texts_have_names_and_figures_put_in(tmp_path: Path) -> None:
    then = (
        "recommend: {to: manager, title: '{owner.name} of {team.name}', question: '{pushed.count} deals, {metric.value}?', "
        "action: '{metric.change}', due: 7 days, data: {rate: {from: metric.value}}}"
    )
    when = ["{fact: event, as: pushed, count: {at_least: 2}, distinct: deal}", "{fact: metric, id: win_rate}"]
    facts = [
        pushed("d", 1), pushed("d", 2), pushed("e", 1),
        Fact("metric", id="win_rate", owner="ann", value=Decimal("0.125"), unit="%"),
    ]  # fmt: skip
    records = {("owner", "ann"): Record("Ann {team.name}", team="west"), ("team", "west"): Record("West")}
    said = (
        conclude(plays_of(tmp_path, play("a", *when, then=then)), Facts(facts, KINDS, records), TODAY)
        .conclusions[0]
        .said
    )
    assert said is not None
    # a name is put in as it is: what stands in it is not read again
    assert (said.title, said.question) == ("Ann {team.name} of West", "2 deals, 12.5%?")
    assert (said.action, said.due, said.data) == ("unknown", date(2026, 11, 30), (("rate", "12.5%"),))


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        ("0.05", "%", "5%"),
        ("12", "days", "12 days"),
        ("1200.50", "EUR", "1200.5 EUR"),
        ("10", "", "10"),
        ("1E+2", "", "100"),
    ],
)
def test_a_figure_reads_as_people_write_it(figure: str, unit: str, text: str) -> None:
    assert shown(Decimal(figure), unit) == text


def test_higher_priority_comes_first(tmp_path: Path) -> None:
    names = [("low", -1), ("plain", 0), ("high", 9)]
    text = "".join(play(n, "{fact: event}", then=f"conclude: {n}", priority=p) for n, p in names)
    found = conclude(plays_of(tmp_path, text), Facts([pushed("d", 1)], KINDS), TODAY)
    assert [c.play.id for c in found.conclusions] == ["high", "plain", "low"]


def test_two_plays_of_one_conclusion_are_two_reasons_and_chain_once(tmp_path: Path) -> None:
    text = (
        play("a", "{fact: event}") + play("b", "{fact: finding}")
        + play("c", "{fact: conclusion, pattern: p, count: {is: 1}}", then="conclude: q")
        + play("d", "{fact: conclusion, pattern: p}", then="conclude: r")
    )  # fmt: skip
    facts = Facts([pushed("d", 1), Fact("finding", rule="x", owner="ann")], KINDS)
    found = {c.play.id: c for c in conclude(plays_of(tmp_path, text), facts, TODAY).conclusions}
    assert list(found) == ["a", "b", "c", "d"]
    assert [c.play.id for c in found["d"].because[0].conclusions] == ["a", "b"]


def test_an_error_inside_an_action_is_told_and_the_session_is_gone(tmp_path: Path) -> None:
    plays = plays_of(tmp_path, play("a", "{fact: event}", then="conclude: broken"))

    class Broken(set[str]):
        def add(self, _item: str) -> None:
            raise ZeroDivisionError

    with using(digest(plays), plays.plays) as chain:
        chain._fired = Broken()
    with pytest.raises(DealgateError, match="ZeroDivisionError") as failure:
        conclude(plays, Facts([pushed("d", 1)], KINDS), TODAY)
    assert [d.code for d in failure.value.diagnostics] == ["DG825"]
    with using(digest(plays), plays.plays) as chain:
        chain._fired = set()
        assert not any(chain.sessions(name, f"s{n}") for name in chain._names for n in range(1, 5000))
    assert fires(conclude(plays, Facts([pushed("d", 1)], KINDS), TODAY)) == ["ours.a:ann"]


def test_a_session_that_is_left_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plays = plays_of(tmp_path, play("a", "{fact: event}", then="conclude: left"))
    with using(digest(plays), plays.plays) as chain, monkeypatch.context() as patched:
        left: list[tuple[str, str]] = []
        patched.setattr(chain, "_delete", lambda name, session: left.append((name, session)))
        assert chain.fires(0, frozenset({("need", "0")})) == {"a"}
        patched.undo()
        ((name, session),) = left
        assert chain.sessions(name, session)
        chain._delete(name, session)
        assert not chain.sessions(name, session)


@pytest.mark.parametrize(
    ("items", "looked_at"),
    [
        ([Fact("conclusion", pattern="p")], ["conclusion"]),
        ([Fact("verdikt")], ["verdikt"]),
        ([Fact("event")], ["metric"]),
    ],
)
def test_facts_that_cannot_be_given_are_refused(items: list[Fact], looked_at: list[str]) -> None:
    with pytest.raises(ValueError, match="kind"):
        Facts(items, looked_at)


def test_a_figure_of_an_owner_is_not_the_figure_of_the_team() -> None:
    plays = load_plays("coaching").plays
    assert plays is not None
    late = [Fact("finding", rule="ageing", deal=f"d{n}", owner=f"o{n}", team="west") for n in range(3)]
    of_one = Fact("metric", id="aging_share", period="quarter", owner="o1", value=Decimal("0.9"), unit="%")
    records = {("owner", f"o{n}"): Record("", team="west") for n in range(3)}
    for figure, fires in ((of_one, False), (of_one._replace(owner=None, team="west"), True)):
        found = conclude(plays, Facts([*late, figure], KINDS, records), date(2026, 11, 23))
        assert ("slow-team" in {one.play.id for one in found.conclusions}) is fires
