"""``dealgate sync`` of a file: the nightly export that is replaced in place, as a person keeps it in a workspace."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import polars as pl
import pytest
import xlsxwriter

from dealgate.cli import reading
from dealgate.store import open_store

from .running import AS_OF, CHECKOUT, dealgate, golden, told

Row = Mapping[str, Any]


def deals(number: int = 6, **changed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Deals in our own columns; of those named other values."""
    made = [
        {"id": f"d{n}", "name": f"Deal {n}", "stage": "qualification", "amount": f"{1000 + n}.00", "next_step": "Call"}
        for n in range(1, number + 1)
    ]
    return [{**row, **changed.get(row["id"], {})} for row in made]


def csv(file: Path, rows: Sequence[Row]) -> None:
    names = list(rows[0]) if rows else ["id", "name", "stage", "amount", "next_step"]
    lines = [",".join(names), *(",".join("" if r[n] is None else str(r[n]) for n in names) for r in rows)]
    part = file.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", "utf-8")
    part.replace(file)


def jsonl(file: Path, rows: Sequence[Row]) -> None:
    file.write_text(
        "".join(json.dumps({**r, "amount": r["amount"] and float(r["amount"])}) + "\n" for r in rows), "utf-8"
    )


def xlsx(file: Path, rows: Sequence[Row]) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(rows[0]), *(list(r.values()) for r in rows)]):
            sheet.write_row(number, 0, row)


def parquet(file: Path, rows: Sequence[Row]) -> None:
    pl.DataFrame(list(rows), schema=dict.fromkeys(rows[0], pl.String)).write_parquet(file)


KINDS: dict[str, Callable[[Path, Sequence[Row]], None]] = {
    "csv": csv, "jsonl": jsonl, "xlsx": xlsx, "parquet": parquet,
}  # fmt: skip


def workspace(folder: Path, path: str | None = "deals.csv", more: str = "") -> None:
    text = "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\nrules: [none]\nsources:\n  crm:\n"
    text += "    adapter: file\n" + (f"    path: {path}\n" if path else "") + more
    (folder / "dealgate.yaml").write_text(text, "utf-8")
    if not (folder / "dealgate.db").exists():
        assert dealgate("store", "init").code == 0


WHOLE = "    options: {whole: true}\n"


def held(folder: Path) -> dict[str, dict[str, Any]]:
    """The deals that are there, as the store has them."""
    from dealgate.cli.options import now
    from dealgate.cli.stored import past_of_store

    history = past_of_store("practical", now(), None).history
    assert history.as_of is not None and folder.exists()
    found = history.now("stage", "amount", "next_step", "name")
    return {row["id"]: row for row in found.iter_rows(named=True)}


def events(folder: Path, field: str) -> list[tuple[str, str | None, str]]:
    with open_store(f"sqlite:///{folder / 'dealgate.db'}") as store:
        found = store.events(fields=[field])
    return list(found.select("deal", "value", "origin").iter_rows())


def synced(*words: str) -> dict[str, Any]:
    ran = told(dealgate("sync", *words, "--output", "json"))
    assert ran.code == 0, ran
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema_rs.validate(json.loads((CHECKOUT / "schemas/output/sync.schema.json").read_text("utf-8")), found)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_that_is_replaced_in_place_is_taken_over_by_what_differs(elsewhere: Path, kind: str) -> None:
    file = elsewhere / f"deals.{kind}"
    workspace(elsewhere, file.name)
    KINDS[kind](file, deals())
    assert synced()["taken"]["new_deals"] == 6
    KINDS[kind](file, deals(7, d2={"amount": "5.00"}, d3={"next_step": None}, d4={"stage": "proposal"}))
    found = synced()
    assert [(s["read"], s["new"], s["changed"], s["gone"], s["full"]) for s in found["streams"]] == [(7, 1, 3, 0, True)]
    assert (found["taken"]["deals"], found["taken"]["new_deals"]) == (4, 1)
    now = held(elsewhere)
    assert (now["d2"]["amount"], now["d3"]["next_step"], now["d4"]["stage"]) == (500, None, "proposal")
    assert [value for deal, value, _ in events(elsewhere, "next_step") if deal == "d3"] == ["Call", None]
    assert {origin for _, _, origin in events(elsewhere, "amount")} == {"seen"}, "from differences, not from a history"


def test_what_a_person_sees(elsewhere: Path) -> None:
    workspace(elsewhere, more=WHOLE)
    csv(elsewhere / "deals.csv", deals())
    said = ["# a dry run", dealgate("sync", "--dry-run").out, "# the first time", dealgate("sync").out]
    csv(elsewhere / "deals.csv", deals(7, d2={"amount": "5.00"})[1:])
    said += ["# one gone, one new, one changed", dealgate("sync", "crm").out]
    again = dealgate("sync").out
    said += ["# the same file again", again.partition(" at ")[0] + " at MOMENT UTC.\n" + again.partition(" UTC.\n")[2]]
    said += ["# --full", dealgate("sync", "--full").out]
    golden("sync-file-80.txt", "\n".join(said).replace(str(elsewhere), "HERE"))


def test_a_file_that_is_as_it_was_is_not_read_again_until_the_rules_are_others(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(elsewhere)
    csv(elsewhere / "deals.csv", deals())
    synced()
    reads = []
    usual = reading.opened
    monkeypatch.setattr(reading, "opened", lambda *a, **k: reads.append(1) or usual(*a, **k))
    os.utime(elsewhere / "deals.csv", (1, 1))
    assert (synced()["taken"]["deals"], reads) == (0, []), "by its content, not by its date"
    assert synced("--full")["taken"]["deals"] == 0
    assert len(reads) == 1
    text = (elsewhere / "dealgate.yaml").read_text("utf-8")
    (elsewhere / "dealgate.yaml").write_text(text + "    process: mid-market\n", "utf-8")
    synced()
    assert len(reads) == 2
    (elsewhere / "dealgate.yaml").write_text(text, "utf-8")
    synced()
    (elsewhere / "dealgate.db").unlink()
    assert dealgate("store", "init").code == 0
    assert synced()["taken"]["new_deals"] == 6, "the store knows nothing of it"
    (elsewhere / ".dealgate" / "crm.file.json").write_text("{", "utf-8")
    assert synced()["taken"]["deals"] == 0, "what is known again changes nothing"


def test_an_absent_deal_stays_unless_the_source_says_that_the_file_is_whole(elsewhere: Path) -> None:
    workspace(elsewhere)
    csv(elsewhere / "deals.csv", deals())
    synced()
    csv(elsewhere / "deals.csv", deals()[1:])
    assert synced()["taken"]["gone"] == 0
    assert len(held(elsewhere)) == 6, "a filtered export deletes nothing"
    workspace(elsewhere, more=WHOLE)
    assert synced("--full")["taken"]["gone"] == 1
    assert sorted(held(elsewhere)) == ["d2", "d3", "d4", "d5", "d6"]
    csv(elsewhere / "deals.csv", deals())
    assert synced()["taken"]["deals"] == 1
    assert len(held(elsewhere)) == 6, "and it is there again"
    assert [v for deal, v, _ in events(elsewhere, "@record") if deal == "d1"] == ["there", "deleted", "there"]


def test_when_too_many_would_be_gone_nothing_is_taken_over_until_a_person_says_so(elsewhere: Path) -> None:
    workspace(elsewhere, more=WHOLE)
    csv(elsewhere / "deals.csv", deals())
    synced()
    csv(elsewhere / "deals.csv", deals(6, d6={"amount": "1.00"})[2:])
    before = held(elsewhere)
    for words in ((), ("--dry-run",), ()):
        ran = told(dealgate("sync", *words))
        assert (ran.code, ran.out) == (5, "")
        golden("sync-file-refused.txt", ran.err)
    assert held(elsewhere) == before
    assert synced("--accept-gone")["taken"]["gone"] == 2
    assert sorted(held(elsewhere)) == ["d3", "d4", "d5", "d6"]
    csv(elsewhere / "deals.csv", [])
    assert told(dealgate("sync")).code == 5
    assert len(held(elsewhere)) == 4


def test_a_row_that_cannot_be_read_takes_no_deal_away(elsewhere: Path) -> None:
    workspace(elsewhere, "deals.jsonl", more=WHOLE)
    file = elsewhere / "deals.jsonl"
    jsonl(file, deals())
    synced()
    whole = file.read_text("utf-8")
    file.write_text(whole[:-20], "utf-8")  # it broke off in the last line
    ran = told(dealgate("sync"))
    assert ran.code == 0 and "warning DG879: 1 deal is not in the file, and not taken for gone" in ran.err
    assert len(held(elsewhere)) == 6


def test_a_column_that_the_file_has_no_more_empties_nothing(elsewhere: Path) -> None:
    workspace(elsewhere)
    csv(elsewhere / "deals.csv", deals())
    synced()
    csv(elsewhere / "deals.csv", [{k: v for k, v in row.items() if k != "next_step"} for row in deals()])
    assert synced()["taken"]["deals"] == 0
    assert held(elsewhere)["d1"]["next_step"] == "Call"


def test_loading_a_file_empties_what_has_become_empty_too(elsewhere: Path) -> None:
    workspace(elsewhere)
    csv(elsewhere / "deals.csv", deals())
    dealgate("store", "load", "deals.csv", "--name", "crm", "--as-of", "2026-11-20")
    csv(elsewhere / "deals.csv", deals(6, d3={"next_step": None})[1:])
    dealgate("store", "load", "deals.csv", "--name", "crm", "--as-of", "2026-11-21")
    now = held(elsewhere)
    assert (len(now), now["d3"]["next_step"], now["d4"]["next_step"]) == (6, None, "Call")
    ran = dealgate("store", "load", "deals.csv", "--name", "crm", "--as-of", "2026-11-21")
    assert "nothing is new" in ran.err


def test_a_file_that_is_written_while_it_is_read_is_not_taken_over(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(elsewhere, more=WHOLE)
    csv(elsewhere / "deals.csv", deals())
    synced()
    csv(elsewhere / "deals.csv", deals()[1:])
    usual = reading.opened

    def slowly(*words: Any, **more: Any) -> Any:
        found = usual(*words, **more)
        with (elsewhere / "deals.csv").open("a", encoding="utf-8") as stream:
            stream.write("d1,Deal 1,qualification,1001.00,Call\n")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(reading, "opened", slowly)
        ran = told(dealgate("sync"))
    assert (ran.code, "error DG877: deals.csv was written while it was read" in ran.err) == (5, True)
    assert len(held(elsewhere)) == 6
    assert synced()["taken"]["deals"] == 0


def test_a_workbook_that_cannot_be_opened_loses_nothing(elsewhere: Path) -> None:
    workspace(elsewhere, "deals.xlsx", more=WHOLE)
    xlsx(elsewhere / "deals.xlsx", deals())
    synced()
    whole = (elsewhere / "deals.xlsx").read_bytes()
    for torn in (whole[: len(whole) // 2], b"", whole[:-30]):
        (elsewhere / "deals.xlsx").write_bytes(torn)
        ran = told(dealgate("sync"))
        assert (ran.code, ran.out) == (5, ""), ran
    (elsewhere / "deals.xlsx").unlink()
    assert told(dealgate("sync")).code == 5
    assert len(held(elsewhere)) == 6
    (elsewhere / "deals.xlsx").write_bytes(whole)
    assert synced()["taken"]["deals"] == 0


def test_of_a_pattern_the_newest_file_is_read(elsewhere: Path) -> None:
    (elsewhere / "out").mkdir()
    workspace(elsewhere, "out/deals-*.csv")
    ran = told(dealgate("sync"))
    assert (ran.code, "error DG600" in ran.err) == (5, True), "there is none yet"
    for day, rows in ((24, deals(2)), (25, deals(3)), (26, deals(5))):
        csv(elsewhere / "out" / f"deals-{day}.csv", rows)
        os.utime(elsewhere / "out" / f"deals-{day}.csv", (day, day))
    assert synced()["taken"]["new_deals"] == 5
    os.utime(elsewhere / "out" / "deals-24.csv", (99, 99))
    assert synced()["streams"][0]["read"] == 2
    assert "(deals-24.csv)" in dealgate("sync").out
    assert dealgate("check", "crm", *AS_OF).code == dealgate("check", "out/deals-24.csv", *AS_OF).code


def test_a_folder_with_several_tables_is_read_as_one(elsewhere: Path) -> None:
    (elsewhere / "out").mkdir()
    workspace(elsewhere, "out")
    csv(elsewhere / "out" / "deals.csv", deals())
    people = [{"deal": "d1", "name": "Ann Lee", "role": "champion"}]
    csv(elsewhere / "out" / "contacts.csv", people)
    assert synced()["taken"]["new_children"] == 1
    assert synced()["streams"] == []
    csv(elsewhere / "out" / "contacts.csv", [*people, {"deal": "d2", "name": "Bo Kim", "role": "champion"}])
    found = synced()
    assert (found["taken"]["deals"], found["taken"]["new_children"]) == (1, 1)


def test_a_file_that_a_mapping_joins_is_part_of_what_may_have_changed(elsewhere: Path) -> None:
    (elsewhere / "maps").mkdir()
    (elsewhere / "maps" / "ours.yaml").write_text(
        "kind: mapping/v1\nid: ours\ntitle: Ours\ndeals:\n  from: pipe.csv\n  id: Id\n"
        "  join: [{from: firms.csv, as: firm, match: {Firm: Id}}]\n"
        "  fields: {name: {from: Name}, account.name: {from: firm.Name}, "
        "stage: {from: Stage, values: {Q: qualification}}}\n",
        "utf-8",
    )
    workspace(elsewhere, "pipe.csv", "    mapping: ours\n")
    text = (elsewhere / "dealgate.yaml").read_text("utf-8")
    (elsewhere / "dealgate.yaml").write_text(text.replace("rules: [none]", "rules: [maps]"), "utf-8")
    csv(elsewhere / "pipe.csv", [{"Id": "1", "Name": "One", "Firm": "f", "Stage": "Q"}])
    csv(elsewhere / "firms.csv", [{"Id": "f", "Name": "Acme"}])
    csv(elsewhere / "other.csv", [{"x": "1"}])
    assert synced()["taken"]["new_deals"] == 1
    csv(elsewhere / "other.csv", [{"x": "2"}])
    assert synced()["streams"] == [], "nobody reads that one"
    csv(elsewhere / "firms.csv", [{"Id": "f", "Name": "Acme AB"}])
    assert synced()["taken"]["deals"] == 1
    assert [value for _, value, _ in events(elsewhere, "account.name")] == ["Acme", "Acme AB"]


def test_a_dry_run_keeps_nothing_and_needs_no_store(elsewhere: Path) -> None:
    workspace(elsewhere, more=WHOLE)
    csv(elsewhere / "deals.csv", deals())
    (elsewhere / "dealgate.db").unlink()
    assert synced("--dry-run")["waiting"] == 6
    assert dealgate("store", "init").code == 0
    synced()
    csv(elsewhere / "deals.csv", deals(8, d2={"amount": "5.00"})[1:])
    kept, state = held(elsewhere), (elsewhere / ".dealgate" / "crm.file.json").read_text("utf-8")
    found = synced("--dry-run")
    assert (found["waiting"], found["taken"]) == (4, None)
    assert [(s["new"], s["changed"], s["gone"]) for s in found["streams"]] == [(2, 1, 1)]
    assert (held(elsewhere), (elsewhere / ".dealgate" / "crm.file.json").read_text("utf-8")) == (kept, state)
    assert synced()["taken"]["deals"] == 3, "and then it is done"


@pytest.mark.parametrize(
    ("path", "more", "words", "message"),
    [
        ("deals.csv", "", ["--since", "2026-11-01"], "is a file, which does not say what changed since"),
        (None, "", [], "names no file"),
        ("deals.csv", "    options: {hole: true}\n", [], "A file has no option `hole`"),
        ("deals.csv", "    options: {whole: 'yes'}\n", [], "neither true nor false"),
    ],
)
def test_what_a_file_cannot_do_is_refused_with_a_reason(
    elsewhere: Path, path: str | None, more: str, words: list[str], message: str
) -> None:
    workspace(elsewhere, path, more)
    csv(elsewhere / "deals.csv", deals())
    ran = told(dealgate("sync", *words))
    assert (ran.code, ran.out, "error DG878" in ran.err) == (2, "", True)
    assert message in " ".join(ran.err.split())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_after_any_exports_the_store_equals_the_last_one(elsewhere: Path, seed: int) -> None:
    dice = random.Random(seed)
    workspace(elsewhere, more=WHOLE)
    rows = {row["id"]: row for row in deals(9)}
    away: dict[str, dict[str, Any]] = {}
    for turn in range(14):
        for _ in range(dice.randrange(4)):
            ident = dice.choice(sorted(rows))
            match dice.randrange(5):
                case 0 if len(rows) > 2:
                    away[ident] = rows.pop(ident)
                case 1 if away:
                    back = dice.choice(sorted(away))
                    rows[back] = away.pop(back)
                case 2:
                    rows[ident] = {**rows[ident], "stage": dice.choice(["prospecting", "qualification", "proposal"])}
                case 3:
                    rows[ident] = {**rows[ident], "next_step": dice.choice([None, "Call", "Write"])}
                case _:
                    rows[ident] = {**rows[ident], "amount": dice.choice([None, f"{turn}.50"])}
        csv(elsewhere / "deals.csv", dice.sample(list(rows.values()), len(rows)))
        synced("--accept-gone")
        now = held(elsewhere)
        assert {ident: (row["stage"], row["next_step"], row["amount"]) for ident, row in now.items()} == {
            ident: (
                row["stage"],
                row["next_step"],
                None if row["amount"] is None else round(float(row["amount"]) * 100),
            )
            for ident, row in rows.items()
        }


def test_the_past_between_two_exports_is_told_by_the_moments_they_were_seen(elsewhere: Path) -> None:
    workspace(elsewhere)
    csv(elsewhere / "deals.csv", deals())
    synced()
    csv(elsewhere / "deals.csv", deals(6, d4={"stage": "proposal"}))
    synced()
    steps = json.loads(dealgate("history", "--deal", "d4", "--output", "json").out)["steps"]
    assert json.dumps(steps).count("proposal") >= 1
    moments = [json.loads(dealgate("sync", "--output", "json").out)["watermark"] for _ in range(2)]
    assert moments[0] == moments[1], "the moment it was read, not that of asking again"
