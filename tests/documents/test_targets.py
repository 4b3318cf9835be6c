"""Documents of targets: quotas, targets, tables, and what does not hold in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dealgate.documents.load import Loaded, load_documents, load_targets, load_used, load_workspace
from dealgate.model.calendar import Calendar
from dealgate.model.targets import Span
from dealgate.model.values import Duration, Money

HEAD = "kind: targets/v1\nid: t\ntitle: T\n"


def loaded(folder: Path, text: str, calendar: Calendar | None = None, **files: str) -> Loaded:
    for name, inner in files.items():
        (folder / f"{name}.csv").write_text(inner, encoding="utf-8")
    path = folder / "t.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_targets(path, calendar=calendar)


def said(made: Loaded) -> list[tuple[str, str, int]]:
    return [(d.code, Path(d.where.file).name, d.where.line) for d in made.diagnostics]


def test_quotas_and_targets_are_read_exactly(tmp_path: Path) -> None:
    made = loaded(
        tmp_path,
        """currency: USD
quotas:
  - {owner: Hayden Neloms, period: 2026-Q4, amount: 250000}
  - {team: north, period: "2026", amount: 4000000.50 EUR}
targets:
  - {metric: qualification.disqualified_share, team: north, value: 15%, title: Say no early}
  - {metric: response_p90, value: 1 business hour, direction: lower, period: 2026-11}
  - {metric: win_rate.value, value: 0.25}
  - {metric: velocity, value: 2000 USD}
""",
    )
    assert made.diagnostics == []
    targets = made.targets
    assert targets is not None
    assert [(q.owner, q.team, q.span.name, q.money("USD")) for q in targets.quotas] == [
        ("Hayden Neloms", None, "2026-Q4", Money(25000000, "USD")),
        (None, "north", "2026", Money(400000050, "EUR")),
    ]
    assert [(t.stage, t.metric, t.measure, t.value, t.percent, t.direction) for t in targets.targets] == [
        ("qualification", "disqualified_share", None, Decimal("0.15"), True, "higher"),
        (None, "response_p90", None, Duration(1, "hour", True), False, "lower"),
        (None, "win_rate", "value", Decimal("0.25"), False, "higher"),
        (None, "velocity", None, Money(200000, "USD"), False, "higher"),
    ]


def test_an_unknown_metric_is_told_with_the_nearest(tmp_path: Path) -> None:
    made = loaded(tmp_path, "targets:\n  - {metric: win_rat, value: 25%}\n")
    assert said(made) == [("DG241", "t.yaml", 5)]
    assert made.diagnostics[0].suggestion == "did you mean `win_rate`?"
    assert made.targets is None


def test_a_second_quota_for_an_owner_and_period_is_an_error_where_it_stands(tmp_path: Path) -> None:
    text = """quotas:
  - {owner: Ada, period: 2026-Q4, amount: 1}
  - {owner: Ada, period: 2026-Q3, amount: 1}
  - {owner: ada , period: 2026-Q4, amount: 2}
  - {team: Ada, period: 2026-Q4, amount: 2}
"""
    made = loaded(tmp_path, text)
    assert said(made) == [("DG243", "t.yaml", 7)]
    assert "Ada" not in made.diagnostics[0].message
    assert "line 5" in made.diagnostics[0].message


def test_a_table_gives_quotas_and_each_of_its_mistakes_has_its_line(tmp_path: Path) -> None:
    table = "Rep,Quarter,Quota,What\nAda,2026-Q4,1000.50,\nBob,2026-Q5,10,\n,2026-Q4,10,\nBob,2026-Q4,much,\n"
    table += "Ada,2026-Q4,7,\nEve,2026-13,1,\nEve,,25%,win_rate\nEve,2026,1,win_rates\n"
    columns = "{owner: Rep, period: Quarter, amount: Quota, metric: What}"
    made = loaded(tmp_path, f"currency: USD\nfrom: {{file: q.csv, columns: {columns}}}\n", q=table)
    assert said(made) == [
        ("DG242", "q.csv", 3),
        ("DG245", "q.csv", 4),
        ("DG209", "q.csv", 5),
        ("DG243", "q.csv", 6),
        ("DG242", "q.csv", 7),
        ("DG241", "q.csv", 9),
    ]


def test_a_table_without_the_file_or_its_columns_is_an_error_at_the_document(tmp_path: Path) -> None:
    assert ("DG245", "t.yaml", 4) in said(loaded(tmp_path, "from: {file: no.csv}\n"))
    made = loaded(tmp_path, "from:\n  file: q.csv\n  columns: {owner: Reps}\n", q="Rep,Period\nAda,2026\n")
    assert said(made) == [("DG245", "t.yaml", 5), ("DG245", "t.yaml", 6)]
    assert "did you mean `Rep`?" in [d.suggestion for d in made.diagnostics]


def test_days_of_a_table_are_in_the_period_that_it_names(tmp_path: Path) -> None:
    table = "owner,period,amount\nAda,2026-05-31 00:00:00,5\nAda,2026-08-31,6\n"
    assert [code for code, *_ in said(loaded(tmp_path, "from: {file: q.csv}\n", q=table))] == ["DG242", "DG242"]
    made = loaded(tmp_path, "from: {file: q.csv, every: quarter}\n", q=table)
    assert made.targets is not None
    calendar = Calendar()
    assert [q.span.days(calendar)[0] for q in made.targets.quotas] == [date(2026, 4, 1), date(2026, 7, 1)]
    same = table + "Ada,2026-04-01,6\n"
    assert said(loaded(tmp_path, "from: {file: q.csv, every: quarter}\n", calendar, q=same)) == [("DG243", "q.csv", 4)]


def test_the_quotas_of_a_real_company_are_read(tmp_path: Path, shared_data: Path) -> None:
    table = shared_data / "adventureworks_sales_quotas" / "SalesPersonQuotaHistory.csv"
    columns = "{owner: BusinessEntityID, period: QuotaDate, amount: SalesQuota}"
    text = f"currency: USD\nfrom: {{file: q.csv, every: quarter, columns: {columns}}}\n"
    made = loaded(tmp_path, text, Calendar(), q=table.read_text(encoding="utf-8"))
    assert made.diagnostics == []
    assert made.targets is not None
    quotas = made.targets.quotas
    assert len(quotas) == 163
    assert len({q.owner for q in quotas}) == 17
    assert len({q.span.days(Calendar()) for q in quotas}) == 12
    assert sum(q.amount for q in quotas) == 95714000


def test_overlays_add_quotas_and_the_table_stays_beside_its_base(tmp_path: Path) -> None:
    (tmp_path / "dealgate.yaml").write_text("kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical]\n")
    (tmp_path / "rules" / "below").mkdir(parents=True)
    (tmp_path / "rules" / "below" / "q.csv").write_text("owner,period,amount\nAda,2026,5\n")
    (tmp_path / "rules" / "below" / "base.yaml").write_text(HEAD + "version: 1.0.0\nfrom: {file: q.csv}\nquotas: []\n")
    over = (
        'kind: targets/v1\nid: o\ntitle: O\nextends: t@^1\nadd: {quotas: [{owner: Eve, period: "2026", amount: 6}]}\n'
    )
    (tmp_path / "rules" / "over.yaml").write_text(over)
    made = load_targets("o", workspace=tmp_path)
    assert made.diagnostics == []
    assert made.targets is not None
    assert [q.owner for q in made.targets.quotas] == ["Eve", "Ada"]
    assert all(one.holds for one in load_documents([tmp_path]))
    assert [one.id for one in load_used("targets", tmp_path)] == ["o"]
    (tmp_path / "rules" / "more.yaml").write_text(
        HEAD.replace("id: t", "id: u") + "quotas: [{owner: eve, period: '2026', amount: 7}]\n"
    )
    used = load_used("targets", tmp_path)
    assert [(one.id, [d.code for d in one.diagnostics]) for one in used] == [("u", []), ("o", ["DG243"])]
    named = "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical]\nuse: {targets: [o, none]}\n"
    (tmp_path / "dealgate.yaml").write_text(named)
    used = load_used("targets", tmp_path)
    assert [(one.id, [d.code for d in one.diagnostics]) for one in used] == [("o", []), ("", ["DG401"])]


@pytest.mark.parametrize(
    ("name", "month", "first", "last"),
    [
        ("2026", 1, date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-11", 1, date(2026, 11, 1), date(2026, 11, 30)),
        ("2026", 2, date(2025, 2, 1), date(2026, 1, 31)),
        ("2026-Q4", 2, date(2025, 11, 1), date(2026, 1, 31)),
        ("2026-11", 2, date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_periods_are_fiscal_and_a_year_is_named_by_its_end(name: str, month: int, first: date, last: date) -> None:
    span = Span.of(name)
    assert span is not None
    assert span.days(Calendar(fiscal_month=month)) == (first, last)
    assert span.name == name


def test_there_is_no_fifth_quarter_and_no_thirteenth_month() -> None:
    assert [Span.of(name) for name in ("2026-Q5", "2026-13", "26", "2026-Q", "0001")] == [None] * 5


def test_teams_form_a_hierarchy(tmp_path: Path) -> None:
    head = "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical]\nteams:\n"
    text = "  world: {title: The world}\n  europe: {parent: world, members: [Eve]}\n  north: {parent: europe, members: [Ada, eve]}\n"
    (tmp_path / "dealgate.yaml").write_text(head + text)
    made = load_workspace(tmp_path)
    assert made.diagnostics == []
    assert made.teams is not None
    assert [team.id for team in made.teams.below("the World")] == ["world", "europe", "north"]
    assert made.teams.members("world") == ("Eve", "Ada", "eve")
    assert made.teams.members("nowhere") == ()
    (tmp_path / "dealgate.yaml").write_text(head + "  a: {parent: b}\n  b: {parent: a}\n  c: {parent: d}\n")
    assert [code for code, *_ in said(load_workspace(tmp_path))] == ["DG217", "DG244"]
