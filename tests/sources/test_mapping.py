"""Small exports with every oddity, through a mapping to typed deals; nothing odd passes unsaid."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.model.diagnostics import SourceFailed
from dealgate.model.values import Money, Unfit

from .mapped import found, opened


def test_a_german_export_is_read_exactly(tmp_path: Path) -> None:
    text = (
        "Bericht;;;;\nStand 2026;;;;\nNr;Phase;Betrag;Abschluss;Chance\n"
        "007;Angebot;1.234,56 €;03.04.2026;15%\n008; ANGEBOT ;20.000;25.04.2026;0,5\nSumme;;21.234,56;;\n"
    )
    source = opened(
        tmp_path,
        """
source: {delimiter: ";", encoding: cp1252, header_row: 3, decimal_mark: ",", date_format: DD.MM.YYYY, totals: [Summe]}
deals:
  from: deals.csv
  id: Nr
  fields:
    stage: {from: Phase, values: {angebot: proposal}}
    amount: {from: Betrag, currency: EUR}
    close_date: {from: Abschluss}
    probability: {from: Chance, scale: 0..1}
""",
        {"deals.csv": text.encode("cp1252")},
    )
    assert [deal.id for deal in source.deals] == ["007", "008"]
    assert source.deals[0].fields == {
        "stage": "proposal",
        "amount": Money(123456, "EUR"),
        "close_date": date(2026, 4, 3),
        "probability": Decimal("0.15"),
        "status": "open",
    }
    assert source.deals[1].fields["amount"] == Money(2000000, "EUR")
    assert source.deals[1].fields["probability"] == Decimal("0.5")
    assert source.deals[1].fields["stage"] == "proposal"
    assert found(source, "DG617")


def one(tmp_path: Path, field: str, spec: str, cells: list[str], extra: str = "") -> list[object]:
    """What one column of text becomes: values, Unfit or None."""
    out = io.StringIO()
    csv.writer(out, delimiter="\t").writerows([["Id", "X"], *([str(n), cell] for n, cell in enumerate(cells))])
    source = opened(
        tmp_path,
        f'source: {{delimiter: "\\t"{extra}}}\ndeals: {{from: d.tsv, id: Id, fields: {{{field}: {spec}}}}}\n',
        {"d.tsv": out.getvalue()},
    )
    return [deal.fields.get(field, deal.unfit.get(field)) for deal in source.deals]


def test_money_is_exact_or_kept_raw(tmp_path: Path) -> None:
    cells = ["$1,200", "1200.50", "(300)", "€5", "1.005", "NaN", "1,5", "tbd", "", "7 USD"]
    got = one(tmp_path, "amount", "{from: X, currency: USD}", cells)
    assert got[:3] == [Money(120000, "USD"), Money(120050, "USD"), Money(-30000, "USD")]
    assert [type(value) for value in got[3:7]] == [Unfit] * 4
    assert isinstance(got[7], Unfit) and got[7].placeholder
    assert got[8] is None
    assert got[9] == Money(700, "USD")


def test_a_symbol_of_one_currency_tells_it_where_none_is_declared(tmp_path: Path) -> None:
    assert one(tmp_path, "amount", "{from: X}", ["€5", "£3.10", "$4"]) == [
        Money(500, "EUR"),
        Money(310, "GBP"),
        Money(400, "USD"),
    ]


def test_a_declared_thousands_mark_is_the_only_one(tmp_path: Path) -> None:
    got = one(tmp_path, "amount", "{from: X}", ["1'000", "1,000"], ', thousands_mark: "\'"')
    assert got[0] == Money(100000, "USD")
    assert isinstance(got[1], Unfit)


def test_a_bare_number_is_a_percent_only_where_its_scale_is_declared(tmp_path: Path) -> None:
    got = one(tmp_path, "probability", "{from: X}", ["15%", "15", "0.15"])
    assert got[0] == Decimal("0.15")
    assert isinstance(got[1], Unfit) and isinstance(got[2], Unfit)
    assert one(tmp_path, "probability", "{from: X, scale: 0..100}", ["15%", "15"]) == [Decimal("0.15")] * 2


def test_dates_are_read_under_the_declared_format_only(tmp_path: Path) -> None:
    got = one(tmp_path, "close_date", "{from: X, format: DD/MM/YYYY}", ["03/04/2026", "31/31/2026", "2026-04-03"])
    assert got[0] == date(2026, 4, 3)
    assert isinstance(got[1], Unfit) and isinstance(got[2], Unfit)
    assert (
        one(tmp_path, "close_date", "{from: X, format: excel serial}", ["46115", "46115.75"]) == [date(2026, 4, 3)] * 2
    )


def test_an_ambiguous_date_is_refused_and_never_guessed(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: d.csv, id: Id, fields: {close_date: {from: Close}}}\n",
        {"d.csv": "Id,Close\n1,03/04/2026\n2,2026-04-03\n"},
    )
    assert source.deals[0].unfit["close_date"].raw == "03/04/2026"
    assert source.deals[1].fields["close_date"] == date(2026, 4, 3)
    told = found(source, "DG672")
    assert "`03/04/2026`" in told.message and "line 2" in told.message


def test_a_moment_without_a_zone_is_in_the_zone_of_the_source(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "source: {time_zone: America/New_York}\n"
        "deals: {from: d.csv, id: Id, fields: {created_at: {from: T}, close_date: {from: T}}}\n",
        {"d.csv": "Id,T\n1,2026-07-01 23:30:00\n2,2026-07-01T23:30:00-04:00\n"},
    )
    moment = datetime(2026, 7, 1, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    assert [deal.fields["created_at"] for deal in source.deals] == [moment, moment]
    assert source.deals[0].fields["close_date"] == date(2026, 7, 1), "on its own clock"
    assert source.deals[1].fields["close_date"] == date(2026, 7, 2), "with a zone, the day in the process's (UTC)"


def test_lists_flags_durations_and_numbers(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "source: {true_words: [ja], false_words: [nein]}\n"
        "deals: {from: d.csv, id: Id, fields: {account.technologies: {from: L, split: '|', empty: none}, "
        "accepted: {from: B}, account.employees: {from: N}, account.revenue: {from: R, times: 1000000}, "
        "days_in_stage: {from: D, unit: days}}}\n",
        {"d.csv": 'Id,L,B,N,R,D\n1,SAP|Oracle,Ja,"1,200",1100.04,14\n2,,nein,1.5,,2 weeks\n'},
    )
    first, second = source.deals
    assert first.fields["account.technologies"] == frozenset({"SAP", "Oracle"})
    assert second.fields["account.technologies"] == frozenset()
    assert (first.fields["accepted"], second.fields["accepted"]) == (True, False)
    assert first.fields["account.employees"] == 1200
    assert first.fields["account.revenue"] == Money(110004000000, "USD")
    assert (first.fields["days_in_stage"], second.fields["days_in_stage"]) == (timedelta(14), timedelta(14))
    assert "account.employees" in second.unfit


def test_a_value_without_a_counterpart_is_counted_and_kept_raw(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: d.csv, id: Id, fields: {stage: {from: S, values: {New: prospecting, Done: null}}}}\n",
        {"d.csv": "Id,S\n1,New\n2,Odd\n3,odd \n4,Done\n5,Odd\n"},
    )
    assert [deal.stage for deal in source.deals] == ["prospecting", None, None, None, None]
    assert source.deals[1].unfit["stage"].raw == "Odd"
    assert not source.deals[3].unfit, "null says that there is none"
    told = found(source, "DG670")
    assert told.message == (
        "3 values of `S` in d.csv have no counterpart for stage in the mapping: `Odd` (2) and `odd` (1) (lines 3, 4 and 6)."
    )
    assert source.counts["DG670"] == 3


def test_a_value_may_depend_on_other_columns(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        'deals: {from: d.csv, id: Id, fields: {status: {from: Won, when: {Closed: [1, "yes"]}, '
        'values: {"1": won, "0": lost}, otherwise: open}, amount: {from: A, when: {Won: {filled: true}}}}}\n',
        {"d.csv": "Id,Closed,Won,A\n1,1,1,5\n2,YES,0,5\n3,0,0,5\n4,0,,5\n"},
    )
    assert [deal.status for deal in source.deals] == ["won", "lost", "open", "open"]
    assert [deal.fields.get("amount") for deal in source.deals] == [Money(500, "USD")] * 3 + [None]


def test_the_currency_may_stand_in_its_own_column(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: d.csv, id: Id, fields: {amount: {from: A, currency: {from: C}}}}\n",
        {"d.csv": "Id,A,C\n1,100,JPY\n2,100.5,JPY\n3,1,eur\n4,1,\n"},
    )
    assert source.deals[0].fields["amount"] == Money(100, "JPY")
    assert "more decimals than JPY" in source.deals[1].unfit["amount"].why
    assert source.deals[2].fields["amount"] == Money(100, "EUR")
    assert source.deals[3].fields["amount"] == Money(100, "USD")


def test_a_table_without_rows_may_have_amounts_whose_currency_stands_in_a_column(tmp_path: Path) -> None:
    mapping = (
        "process: practical\ndeals: {from: d.csv, id: Id, fields: {name: {from: Id}}}\n"
        "line_items: {from: i.csv, deal: D, fields: {amount: {from: A, currency: {from: C}}}}\n"
    )
    source = opened(tmp_path, mapping, {"d.csv": "Id\n1\n", "i.csv": "D,A,C\n"})
    assert [deal.id for deal in source.deals] == ["1"]
    assert not source.deals[0].children.get("line_items")


def test_joins_that_miss_or_match_twice_are_told_with_rows(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals:\n  from: d.csv\n  id: Id\n  join: [{from: p.csv, as: p, match: {Product: Name}}]\n"
        "  fields: {list_amount: {from: p.Price}, product: {from: Product}}\n",
        {"d.csv": "Id,Product\n1,A\n2,Bx\n3,Twice\n4,\n5,Bx\n", "p.csv": "Name,Price\nA,10\nTwice,1\nTwice,2\n"},
    )
    assert [deal.fields.get("list_amount") for deal in source.deals] == [Money(1000, "USD"), None, None, None, None]
    told = found(source, "DG674").message
    assert told == "2 deals name the Product `Bx`, which p.csv does not have: lines 3 and 6."
    assert "has more than once" in found(source, "DG675").message
    assert source.counts["DG674"] == 2


def test_ids_keep_their_zeros_and_duplicates_are_told_with_both_rows(tmp_path: Path) -> None:
    text = "Id,Name\n007,a\n7,b\n007,c\n,d\n"
    fields = "deals: {from: d.csv, id: Id, fields: {name: {from: Name}}}\n"
    source = opened(tmp_path, fields, {"d.csv": text})
    assert [(deal.id, deal.fields["name"]) for deal in source.deals] == [("007", "c"), ("7", "b")]
    assert "007 in line 4" in found(source, "DG677").message and "line 2" in found(source, "DG677").message
    assert found(source, "DG676")
    assert (source.rows, source.set_aside) == (4, 2)
    first = opened(tmp_path, "source: {duplicates: first}\n" + fields, {"d.csv": text})
    assert first.deals[0].fields["name"] == "a"
    with pytest.raises(SourceFailed) as refused:
        opened(tmp_path, "source: {duplicates: refuse}\n" + fields, {"d.csv": text})
    assert refused.value.diagnostics[0].code == "DG678"


CHILDREN = """
source: {date_format: YYYY-MM-DD}
deals:
  from: d.csv
  id: Id
  fields: {name: {from: Name}, owner.id: {from: Owner}}
  evidence:
    - element: bant.budget
      level: {from: Budget, values: {guess: 1, said: 2}}
      dated: {from: BudgetOn}
contacts: {from: c.csv, deal: Deal, fields: {name: {from: Name}, role: {from: Role, values: {CFO: economic_buyer}}}}
activities: {from: a.csv, deal: Deal, optional: true, fields: {at: {from: At}}}
plan_steps: {from: s.csv, deal: Deal, fields: {due: {from: Due}}}
users: {from: u.csv, id: Id, fields: {name: {from: Name}, team: {from: Team}}}
"""
FILES = {
    "d.csv": "Id,Name,Owner,Budget,BudgetOn\n1,One,u1,said,2026-01-02\n2,Two,u2,,\n3,Three,,odd,2026-01-02\n",
    "c.csv": "Deal,Name,Role\n1,Ann,CFO\n1,Bob,boss\n9,Cy,CFO\n,Di,\n",
    "s.csv": "Deal,Due\n2,2026-02-03\n",
    "u.csv": "Id,Name,Team\nu1,Rep One,North\n",
}


def test_children_stand_with_their_deals_and_strays_are_counted(tmp_path: Path) -> None:
    source = opened(tmp_path, CHILDREN, FILES)
    one, two, three = source.deals
    assert one.children["contacts"] == ({"name": "Ann", "role": "economic_buyer"}, {"name": "Bob"})
    assert one.unfit["contacts[1].role"].raw == "boss"
    assert two.children["contacts"] == (), "read, and empty"
    assert "activities" not in one.children, "never read"
    assert found(source, "DG664").message.startswith("The source has no a.csv")
    assert two.children["plan_steps"] == ({"due": date(2026, 2, 3)},)
    assert one.children["evidence"] == ({"element": "bant.budget", "level": 2, "dated": date(2026, 1, 2)},)
    assert two.children["evidence"] == ()
    assert three.children["evidence"] == (), "a level that says nothing proves nothing"
    assert three.unfit["evidence[0].level"].raw == "odd"
    assert "(`9`)" in found(source, "DG681").message
    assert found(source, "DG680")
    assert (one.fields["owner.name"], one.fields["owner.team"]) == ("Rep One", "North")
    assert "owner.name" not in two.fields
    assert "u2" not in found(source, "DG674").message, "people are not named"


def test_lists_inside_json_records_can_be_mapped(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: d.jsonl, id: key, fields: {name: {from: title}}}\n"
        "contacts: {from: 'd.jsonl#people', fields: {name: {from: who}}}\n",
        {
            "d.jsonl": '{"key": "a", "title": "A", "people": [{"who": "Ann"}, {"who": "Bob"}]}\n{"key": "b", "title": "B"}\n'
        },
    )
    assert [deal.children["contacts"] for deal in source.deals] == [({"name": "Ann"}, {"name": "Bob"}), ()]


def test_snapshots_become_visits_and_changes(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        """
deals: {from: d.csv, id: Id, fields: {name: {from: Id}}}
stage_changes:
  from: h.csv
  deal: Deal
  at: At
  by: Who
  shape: snapshots
  fields:
    stage: {from: Stage, values: {Q: qualification, P: proposal, Won: null}}
    amount: {from: Amount}
    probability: {from: Chance, scale: 0..100}
""",
        {
            "d.csv": "Id\n1\n2\n",
            "h.csv": "Deal,At,Stage,Amount,Chance,Who\n"
            "1,2026-01-05 10:00:00,P,200,50,u\n1,2026-01-01 10:00:00,Q,100,10,u\n"
            "1,2026-01-03 10:00:00,Q,200,10,v\n1,2026-01-09 10:00:00,Won,200,100,u\n1,,Q,1,1,u\n",
        },
    )
    first, second = source.deals

    def at(day: int) -> datetime:
        return datetime(2026, 1, day, 10, tzinfo=UTC)

    assert first.children["visits"] == (
        {"stage": "qualification", "entered": at(1), "left": at(5)},
        {"stage": "proposal", "entered": at(5), "left": at(9)},
    )
    assert first.fields["history_covers"] == {"stage", "amount", "probability"}, "of other fields nothing is known"
    changes = first.children["changes"]
    assert {"field": "amount", "from": "100.00 USD", "to": "200.00 USD", "at": at(3), "by": "v"} in changes
    assert {"field": "probability", "from": "10%", "to": "50%", "at": at(5), "by": "u"} in changes
    assert second.children == {"visits": (), "changes": ()}
    assert found(source, "DG682")


def test_single_changes_become_visits_and_changes(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        """
deals: {from: d.csv, id: Id, fields: {name: {from: Id}}}
stage_changes:
  {from: h.csv, deal: Deal, at: At, shape: changes, field: F, old: Old, new: New,
   names: {StageName: stage, CloseDate: close_date}, fields: {stage: {values: {Q: qualification, P: proposal}}}}
""",
        {
            "d.csv": "Id\n1\n",
            "h.csv": "Deal,At,F,Old,New\n1,2026-01-05,stagename,Q,P\n1,2026-01-06,CloseDate,2026-03-01,2026-06-01\n1,2026-01-07,Color,a,b\n",
        },
    )
    (deal,) = source.deals
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    assert deal.children["visits"] == (
        {"stage": "qualification", "left": moment},
        {"stage": "proposal", "entered": moment},
    )
    assert [change["field"] for change in deal.children["changes"]] == ["stage", "close_date"]
    assert "`Color`" in found(source, "DG685").message


def test_dates_of_the_deal_become_visits_but_claim_no_changes(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        """
deals: {from: d.csv, id: Id, fields: {name: {from: Id}}}
stage_changes:
  derive:
    - {to: qualification, at: Q}
    - {to: proposal, at: P}
    - {status: won, at: Closed, when: {S: Won}}
""",
        {
            "d.csv": "Id,Q,P,Closed,S\n1,2026-01-01,2026-01-05,2026-01-09,Won\n2,2026-01-01,,2026-01-09,Odd\n3,2026-02-01,2026-01-05,,\n"
        },
    )
    first, second, third = source.deals
    assert [visit.get("left") for visit in first.children["visits"]] == [
        datetime(2026, 1, 5, tzinfo=UTC),
        datetime(2026, 1, 9, tzinfo=UTC),
    ]
    assert "left" not in second.children["visits"][0]
    assert "changes" not in first.children, "the dates say nothing of how often other fields changed"
    assert "run backwards" in found(source, "DG683").message
    assert [visit["stage"] for visit in third.children["visits"]] == ["proposal", "qualification"]


def test_a_workbook_s_typed_cells_are_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    pl.DataFrame(
        {"Id": [1001, 1002], "Close": [date(2026, 4, 3), None], "Amount": [19.99 * 3, 0.1 + 0.2], "Chance": [0.15, 1.0]}
    ).write_excel(data / "d.xlsx")
    source = opened(
        tmp_path,
        "deals: {from: d.xlsx, id: Id, fields: {close_date: {from: Close}, amount: {from: Amount}, "
        "probability: {from: Chance, scale: 0..1}}}\n",
        {},
    )
    assert [deal.id for deal in source.deals] == ["1001", "1002"]
    assert source.deals[0].fields["close_date"] == date(2026, 4, 3)
    assert [deal.fields["amount"] for deal in source.deals] == [Money(5997, "USD"), Money(30, "USD")]
    assert source.deals[0].fields["probability"] == Decimal("0.15")


def test_rows_of_other_records_are_left_out_and_counted(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: d.csv, id: Id, where: {Deleted: '0'}, fields: {name: {from: Id}}}\n",
        {"d.csv": "Id,Deleted\n1,0\n2,1\n3, 0\n"},
    )
    assert [deal.id for deal in source.deals] == ["1", "3"]
    assert (source.rows, source.set_aside, source.counts["DG679"]) == (3, 1, 1)


def test_several_files_of_one_shape_are_one_table(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        "deals: {from: [a.csv, b.csv], id: Id, fields: {name: {from: Name}}}\n",
        {"a.csv": "Id,Name\n1,one\n", "b.csv": "Name,Id\ntwo,2\n"},
    )
    assert [(deal.id, deal.fields["name"]) for deal in source.deals] == [("1", "one"), ("2", "two")]


def test_files_and_columns_that_are_not_there_are_all_told_at_their_place(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed) as refused:
        opened(
            tmp_path,
            "deals:\n  from: d.csv\n  id: Idd\n  join: [{from: missing.csv, as: m, match: {Id: Id}}]\n"
            "  fields:\n    name: {from: Nmae}\n    product: {from: Gone, optional: true}\n",
            {"d.csv": "Id,Name\n1,x\n"},
        )
    told = {(one.code, one.where.line) for one in refused.value.diagnostics}
    assert told == {("DG660", 7), ("DG661", 5), ("DG661", 9)}
    assert any("Did you mean `Name`?" in (one.suggestion or "") for one in refused.value.diagnostics)


CELL = st.sampled_from(
    ["", "007", "7", "Won", "odd", "tbd", "1.5", "03/04/2026", "2026-01-01", "$1,200", "15%", "=cmd()", 'é,\n"x']
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=12))
def test_every_row_is_a_deal_or_told(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["Id", "Stage", "Amount", "Close", "Keep"], *([*row, "k"] for row in rows)])
    source = opened(
        tmp_path,
        "deals: {from: d.csv, id: Id, fields: {stage: {from: Stage, values: {Won: null}}, amount: {from: Amount}, "
        "close_date: {from: Close}}}\n",
        {"d.csv": out.getvalue()},
    )
    assert source.rows == len(rows) == len(source.deals) + source.set_aside
    told = sum(source.counts.get(code, 0) for code in ("DG676", "DG677", "DG679"))
    assert source.set_aside == told
    last = {row[0]: row for row in rows if row[0]}
    assert {deal.id for deal in source.deals} == set(last)
    for deal in source.deals:
        cells = dict(zip(("stage", "amount", "close_date"), last[deal.id][1:], strict=True))
        for field, cell in cells.items():
            kept = field in deal.fields or field in deal.unfit
            assert kept is bool(cell) or (field == "stage" and cell == "Won"), (field, cell)
