from __future__ import annotations

import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

for _needed in ("numpy", "pyarrow", "duckdb"):
    pytest.importorskip(_needed, reason=f"{_needed} is needed for many deals: install the extra `bench`")

# after what they need is known to be there
# ruff: noqa: E402
import polars as pl
from bench.deals import DAY, Process
from bench.peers import peers
from tests.conftest import absent

from bench import batch, criteria, frames, many, memory, tables, widened, workload

# durable-rules asks the clock in a way that newer Pythons would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")

DEALS = 200


@pytest.fixture
def deals(tmp_path: Path) -> tables.Deals:
    return tables.Deals(DEALS, tmp_path)


def test_everybody_gives_the_answers_of_the_reference(deals: tables.Deals) -> None:
    found = batch.race(deals, rounds=1, budget=0)
    assert {speed.name for speed in found.speeds} >= {many.CEILING, many.CEILING_SCAN, many.OURS_PYTHON}
    assert not any(speed.differing for speed in found.speeds), found.speeds
    unexpected = [line for line in found.absent if "not installed" not in line and "this dealgate has no" not in line]
    assert not unexpected


def test_all_answers_are_compared_before_anything_is_timed(
    deals: tables.Deals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(criteria.CRITERIA, "has_amount", criteria.Not(criteria.Present("amount")))
    found = batch.race(deals, 1, 0, lambda c: c.name in (many.CEILING, many.OURS_PYTHON))
    wrong = {speed.name: speed.differing for speed in found.speeds}
    assert wrong[many.OURS_PYTHON] >= DEALS and all(speed.runs == 0 for speed in found.speeds)


def test_a_null_is_another_answer_than_false() -> None:
    names = (*criteria.NAMES, many.READY)
    known = pl.DataFrame([[False] * 41], schema=dict.fromkeys(names, pl.Boolean), orient="row")
    unknown = known.with_columns(pl.lit(None, pl.Boolean).alias(names[0]))
    assert batch.cells(known, unknown) == 1
    assert batch.cells(known, unknown, two_valued=True) == 0
    assert batch.cells(known, known.clear()) == 41


def test_an_exact_answer_is_not_held_to_a_float_where_amounts_are_equal(tmp_path: Path) -> None:
    deals = tables.Deals(3, tmp_path)
    fields, _ = deals.columns
    fields["amount"][0][:] = [19553.7, 19553.7, 19553.8]
    fields["budget_amount"][0][:] = 15642.96
    assert not 15642.96 >= 19553.7 * 0.8
    assert deals.ties.tolist() == [True, True, False]
    yes = pl.DataFrame({"budget_ok": [True, True, True]})
    no = pl.DataFrame({"budget_ok": [False, False, False]})
    assert batch.cells(yes, no, rows=~deals.ties) == 1


def test_a_contender_that_fails_is_left_out_and_named(deals: tables.Deals, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("no such luck\nand more")

    found = many.Found([many.Contender("unlucky", lambda: fails, None)])
    monkeypatch.setattr(batch, "everyone", lambda _deals, _wanted: found)
    assert batch.race(deals, 1, 0) == batch.Race([], ["unlucky: RuntimeError: no such luck"])


def test_who_is_told_to_be_there_is_there(deals: tables.Deals) -> None:
    for module in pkgutil.iter_modules(many.__path__):
        judges = importlib.import_module(f"bench.many.{module.name}")
        try:
            names = [contender.name for contender in judges.contenders(deals)]
        except many.LeftOut:
            continue
        missing = {f"{peer.NAME}, one by one" for peer in peers() if find_spec(peer.NEEDS) is None}
        assert names == [name for name in judges.NAMES if name not in missing]


def test_every_peer_of_the_extra_can_be_had() -> None:
    missing = [peer.NAME for peer in peers() if find_spec(peer.NEEDS) is None]
    if missing:
        absent("bench", f"not installed: {', '.join(missing)}: install the extra `bench`")


def test_our_columns_are_the_values_of_our_typed_deals(deals: tables.Deals) -> None:
    process = Process()
    for record, row in zip(frames.frame(deals, process).to_dicts(), deals.rows, strict=True):
        deal = process.deal(row)
        assert record.pop("id") == str(row["id"])
        contacts = record.pop("contacts")
        assert record.pop("status") == deal.status
        assert contacts == (None if row["contacts"] is None else [dict(c) for c in deal.children["contacts"]])
        for name, value in record.items():
            typed = deal.fields.get(name)
            if hasattr(typed, "minor"):
                assert value == typed.minor
            elif isinstance(value, float):
                # a float stands for its shortest decimal
                assert repr(value) == str(float(typed)) and float(typed) == value
            else:
                assert value == typed, name


def test_our_columns_are_judged_in_their_stages(deals: tables.Deals) -> None:
    # a deal that stood in none would leave out work that is timed
    process = Process()
    evaluate = getattr(process.playbook, "evaluate_frame", None)
    if evaluate is None:
        pytest.skip("this dealgate has no Playbook.evaluate_frame")
    states = evaluate(frames.as_users_have(frames.frame(deals, process)), as_of=DAY)["state"].to_list()
    assert states == [str(process.playbook.standing(process.deal(row), as_of=DAY).state) for row in deals.rows]


def test_contacts_can_be_had_as_a_table_of_their_own(deals: tables.Deals) -> None:
    frame = frames.frame(deals, Process())
    contacts = frames.contacts(frame)
    assert contacts.height == frame["contacts"].list.len().sum()
    assert contacts.columns[:1] == ["deal"] and {"position", "role", "engaged"} < set(contacts.columns)
    last = contacts.group_by("deal").agg(pl.col("position").max() + 1, pl.len())
    assert (last["position"] == last["len"]).all()


def test_statuses_are_read_as_answers(deals: tables.Deals) -> None:
    process = Process()
    statuses = []
    for row in deals.rows:
        verdicts = process.playbook.evaluate(process.deal(row), as_of=DAY)
        statuses.append({"id": str(row["id"])} | {v.criterion.id: str(v.status) for v in verdicts})
    result = pl.DataFrame(statuses).sample(fraction=1, shuffle=True, seed=1)
    assert batch.cells(frames.answers(result, process, deals.stages), batch.walked(deals)) == 0
    waived = result.with_columns(pl.lit("waived").alias(process.playbook.process.criteria[0].id))
    with pytest.raises(ValueError, match="other than met"):
        frames.answers(waived, process, deals.stages)


def test_a_file_of_many_blocks_has_every_deal_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK", 200)
    deals = tables.Deals(500, tmp_path)
    assert not deals.in_memory
    for path in (deals.parquet, frames.parquet(deals, Process())):
        ids = pl.read_parquet(path)["id"].cast(pl.Int64)
        assert ids.to_list() == list(range(500))
    amounts = pl.read_parquet(deals.parquet)["amount"]
    assert amounts[200:400].equals(amounts[:200]) and amounts[400:].equals(amounts[:100])


def test_more_criteria_are_other_criteria() -> None:
    wide = widened.widened(400)
    assert len(wide) == 400 and list(wide)[:40] == list(criteria.NAMES)
    assert len(set(wide.values())) > 200
    row = workload.rows(1)[0]
    assert {criteria.holds(condition, row) for condition in wide.values()} <= {True, False, None}


def test_checks_are_moved_as_conditions_are() -> None:
    check = {
        "all": [{"field": "amount", "at_least": 5000}, {"field": "x", "at_most": "20%"}, {"field": "y", "is": True}]
    }
    assert widened.moved_check(check, 1) == {
        "all": [{"field": "amount", "at_least": 5001}, {"field": "x", "at_most": "20.2%"}, {"field": "y", "is": True}]
    }
    assert widened.moved_check({"date": "today", "minus": "14 days"}, 2) == {"date": "today", "minus": "12 days"}


def test_memory_is_watched_in_a_process_of_its_own(deals: tables.Deals) -> None:
    batch.kept(deals)
    found = memory.measured(many.CEILING, deals)
    assert isinstance(found, memory.Memory) and found.peak >= found.before > 1 and found.seconds > 0
    assert "there is no nobody" in str(memory.measured("nobody", deals))


def test_peers_that_count_are_shown_by_their_rate_at_fewer_deals() -> None:
    from bench import shown

    speeds = [
        batch.Speed(many.CEILING, 1000, 1.0, 1.0, 1.0, 1, 0),
        batch.Speed("slow", 10, 1.0, 1.0, 0.01, 1, 0),
    ]
    lines = list(shown._many(SimpleNamespace(many=speeds)))  # type: ignore[arg-type]
    assert lines[-1].startswith("slow") and "~10" in lines[-1] and "1/100" in lines[-1]


def test_growth_is_told_by_tens_of_deals_and_by_criteria() -> None:
    from bench import shown

    def took(deals: int, kinds: int, seconds: float, peak: float) -> memory.Memory:
        return memory.Memory("who", deals, kinds, 50, peak, seconds)

    measures = [took(100, 40, 1.0, 100), took(1000, 40, 9.0, 150), took(100, 400, 12.0, 110)]
    (line,) = shown._grows(measures)
    assert line.strip() == (
        "who: 100 to 1,000 deals 9.0 × the time, 1.5 × the memory; 10 × the criteria 12.0 × the time, 1.1 × the memory"
    )
    assert not list(shown._grows(measures[:1]))
