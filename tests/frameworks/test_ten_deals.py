"""All frameworks score the same ten deals; what they must come to is worked out here by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.compile.sql.running import duckdb_engine

from dealgate.bundled import bundled
from dealgate.compile.columns.run import Wanted
from dealgate.compile.frames import frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.sql import load as staging
from dealgate.compile.sql.query import query
from dealgate.compile.sql.shape import shape_of
from dealgate.decide.judge import Judge
from dealgate.documents.host import host
from dealgate.documents.load import load_framework
from dealgate.model.deal import Deal, deal_from
from dealgate.model.process import Process

# Status, score (or the range it can still lie in) and band. The letters in the comments are the levels in the order of
# the elements; `·` is missing. Missing elements range over all levels: 1 to 3, or from 0 where 0 is a real answer.
# How old proof may be: 120 days unless said. From 2026-11-23, 60 days reach back to 09-24, 90 to 08-25, 120 to 07-26,
# 180 to 05-27.
EXPECTED = """
bant        | how many of 4 reach 2; passes at 3; no need ends it
  halden    | qualified     | 4         |               # 3333
  brisk     | not_qualified | 0         |               # 1111
  corvid    | disqualified  | 3         |               # 2202, the need is a no
  dune      | unknown       | 0 to 4    |               # ····, the oldest may be 120 days
  ember     | not_qualified | 0         |               # 3333 without a date count 1111
  fjord     | unknown       | 0 to 4    |               # ····
  garnet    | unknown       | 2 to 4    |               # ··22
  heron     | qualified     | 3         |               # 1322, the date may be 90 days old
  iris      | not_qualified | 2         |               # 2030, the no to date and signer is none to the need
  juniper   | qualified     | 4         |               # 2222

champ       | how many of 4 reach 2; needs challenge and priority; no priority is nurture
  halden    | qualified     | 4         |               # 3333
  brisk     | not_qualified | 0         |               # 1111
  corvid    | disqualified  | 3         |               # 0222
  dune      | unknown       | 0 to 4    |               # ····
  ember     | not_qualified | 0         |               # 1111
  fjord     | unknown       | 0 to 4    |               # ····
  garnet    | unknown       | 1 to 4    |               # 2···
  heron     | qualified     | 3         |               # 2312
  iris      | nurture       | 2         |               # 3020
  juniper   | qualified     | 4         |               # 2222

anum        | how many of 4 reach 2; needs the signer and 3 in all; no way to the signer is nurture
  halden    | qualified     | 4         |               # 3333
  brisk     | not_qualified | 0         |               # 1111
  corvid    | disqualified  | 3         |               # 2022
  dune      | unknown       | 0 to 4    |               # ····
  ember     | not_qualified | 0         |               # 1111
  fjord     | unknown       | 0 to 4    |               # ····
  garnet    | unknown       | 2 to 4    |               # ·22·
  heron     | unknown       | 2 to 3    |               # 32·1, an urgency may be 60 days old and is 69
  iris      | nurture       | 2         |               # 0302
  juniper   | qualified     | 4         |               # 2222

faint       | how many of 5 reach 2; needs funds and interest; no need is out, no interest is nurture
  halden    | qualified     | 5         |               # 33333
  brisk     | not_qualified | 0         |               # 11111
  corvid    | disqualified  | 4         |               # 22202
  dune      | unknown       | 1 to 5    |               # 2····, funds may be 180 days old
  ember     | not_qualified | 0         |               # 11111
  fjord     | unknown       | 0 to 5    |               # ·····
  garnet    | qualified     | 4 to 5    |               # 2·222, the signer is not needed
  heron     | qualified     | 5         |               # 23222, the date may be 90 days old
  iris      | nurture       | 2         |               # 20030
  juniper   | qualified     | 5         |               # 22222

meddic      | the lowest of 6; passes at 2; red below 2, amber at 2, green at 3
  halden    | qualified     | 3         | green         # 333333
  brisk     | not_qualified | 1         | red           # 111111
  corvid    | disqualified  | 0         | red           # 222202
  dune      | unknown       | 1 to 3    |               # ······
  ember     | not_qualified | 1         | red           # 111111
  fjord     | unknown       | 1 to 3    |               # ······
  garnet    | unknown       | 1 to 2    |               # ····2·, the pain caps it at 2
  heron     | not_qualified | 1         | red           # 132223, the impact is only ours
  iris      | not_qualified | 0         | red           # 202232, a no of the economic buyer does not disqualify
  juniper   | unknown       | 1 to 2    |               # 222·22, steps may be 60 days old and are 83

meddicc     | the lowest of 7, as MEDDIC
  halden    | qualified     | 3         | green         # 3333333
  brisk     | not_qualified | 1         | red           # 1111111
  corvid    | disqualified  | 0         | red           # 2222022
  dune      | unknown       | 1 to 3    |               # ·······
  ember     | not_qualified | 1         | red           # 1111111
  fjord     | unknown       | 1 to 3    |               # ·······
  garnet    | unknown       | 1 to 2    |               # ····2··
  heron     | not_qualified | 1         | red           # 1322232
  iris      | not_qualified | 0         | red           # 2022322
  juniper   | unknown       | 1 to 2    |               # 222·22 and rivals that do not apply

meddpicc    | the lowest of 8; needs signer, champion and papers at 2 and every other at 1
  halden    | qualified     | 3         | green         # 33333333
  brisk     | not_qualified | 1         | red           # 11111111
  corvid    | disqualified  | 0         | red           # 22222022
  dune      | unknown       | 1 to 3    |               # ········
  ember     | not_qualified | 1         | red           # 11111111
  fjord     | unknown       | 1 to 3    |               # ········
  garnet    | unknown       | 1 to 2    |               # ·····2··
  heron     | not_qualified | 1         | red           # 13221232, the papers are only ours
  iris      | not_qualified | 0         | red           # 20222322
  juniper   | unknown       | 1 to 2    |               # 222·322 and rivals that do not apply

gpctba-ci   | how many of 8 reach 2; needs goal, plan and 6 in all; no goal or no gap in the plan is out
  halden    | qualified     | 8         |               # 33333333
  brisk     | not_qualified | 0         |               # 11111111
  corvid    | qualified     | 7         |               # 22022222, a challenge may be a no
  dune      | unknown       | 1 to 8    |               # 2·······, a goal may be 180 days old
  ember     | not_qualified | 0         |               # 11111111
  fjord     | unknown       | 0 to 8    |               # ········
  garnet    | unknown       | 2 to 8    |               # ··22····
  heron     | not_qualified | 6         |               # 21221322: six reach 2, but the plan does not
  iris      | not_qualified | 5         |               # 22302020
  juniper   | qualified     | 8         |               # 22222222

spiced      | how many of 5 reach 2; passes at 5; no pain is out, no impact or no event is nurture
  halden    | qualified     | 5         |               # 33333
  brisk     | not_qualified | 0         |               # 11111
  corvid    | disqualified  | 4         |               # 20222
  dune      | unknown       | 1 to 5    |               # 2····, the situation may be 180 days old
  ember     | not_qualified | 0         |               # 11111
  fjord     | unknown       | 0 to 5    |               # ·····
  garnet    | unknown       | 3 to 5    |               # 22·2·
  heron     | not_qualified | 3 to 4    |               # 321·2, an event may be 60 days old; 4 do not pass either
  iris      | nurture       | 4         |               # 23202
  juniper   | qualified     | 5         |               # 22222, the decision may be 90 days old and is 83

neat        | how many of 4 reach 2; needs access and 3 in all; no need is out, no access is nurture
  halden    | qualified     | 4         |               # 3333
  brisk     | not_qualified | 0         |               # 1111
  corvid    | disqualified  | 3         |               # 0222
  dune      | unknown       | 0 to 4    |               # ····
  ember     | not_qualified | 0         |               # 1111
  fjord     | unknown       | 0 to 4    |               # ····
  garnet    | unknown       | 2 to 4    |               # 2··2
  heron     | unknown       | 2 to 3    |               # 213·, an event may be 60 days old
  iris      | nurture       | 2         |               # 3200
  juniper   | qualified     | 4         |               # 2222

spin        | (10·s + 25·p + 30·i + 35·n) ÷ 3; needs n at 2 and 60 points; thin, sound from 60, thorough from 80
  halden    | qualified     | 100       | thorough      # 3333: 300 ÷ 3
  brisk     | not_qualified | 100/3     | thin          # 1111: 100 ÷ 3
  corvid    | not_qualified | 50        | thin          # 2022: (20 + 0 + 60 + 70) ÷ 3
  dune      | unknown       | 110/3 to 290/3 |          # 2···: 20 + 90·1 to 20 + 90·3, by 3
  ember     | not_qualified | 100/3     | thin          # 1111
  fjord     | unknown       | 100/3 to 100 |            # ····
  garnet    | unknown       | 45 to 265/3 |             # 22··: 70 + 65·1 to 70 + 65·3, by 3
  heron     | qualified     | 70        | sound         # 3222: (30 + 50 + 60 + 70) ÷ 3
  iris      | nurture       | 155/3     | thin          # 2320: (20 + 75 + 60 + 0) ÷ 3
  juniper   | qualified     | 200/3     | sound         # 2222: 200 ÷ 3

icp         | (40·f + 30·t + 30·g) ÷ 3, the exclusion weighs nothing; passes at 50; A from 70, B from 50; excluded is out
  halden    | qualified     | 100       | A             # 3333
  brisk     | qualified     | 70        | A             # 3213: (120 + 60 + 30) ÷ 3
  corvid    | disqualified  | 100       | A             # 3330
  dune      | qualified     | 60 to 90  |               # 32·3: 180 + 30·0 to 180 + 30·3, by 3; B or A
  ember     | not_qualified | 100/3     | C             # 3333 without a date count 1111
  fjord     | unknown       | 0 to 100  |               # ····
  garnet    | unknown       | 40 to 100 |               # 3··3: 120 + 60·0 to 120 + 60·3, by 3
  heron     | qualified     | 170/3     | B             # 2213: (80 + 60 + 30) ÷ 3
  iris      | qualified     | 60        | B             # 3203: (120 + 60 + 0) ÷ 3; a trigger of 0 was looked up
  juniper   | qualified     | 500/7     | A             # 3 1 3 without technology: 100·(120 + 30) ÷ (3·70)

scotsman    | the sum of 8 worries; passes at 10 and less with one 2 at most; bid to 5, with care to 10
  halden    | qualified     | 0         | bid           # 00000000
  brisk     | qualified     | 8         | bid-with-care # 11111111
  corvid    | disqualified  | 2         | bid           # 00000002, a no is the greatest worry
  dune      | unknown       | 0 to 16   |               # ········
  ember     | qualified     | 8         | bid-with-care # 00000000 without a date count 11111111
  fjord     | unknown       | 0 to 16   |               # ········
  garnet    | unknown       | 2 to 12   |               # 2····0·0: five may add 0 to 10
  heron     | qualified     | 4         | bid           # 02001100
  iris      | not_qualified | 4         | bid           # 00020200, two are major
  juniper   | not_qualified | 11        | reconsider    # 12111221, three are major
"""


class Score(NamedTuple):
    status: str
    low: Fraction
    high: Fraction
    band: str | None


def table() -> dict[tuple[str, str], Score]:
    found: dict[tuple[str, str], Score] = {}
    framework = ""
    for line in EXPECTED.splitlines():
        cells = [cell.strip() for cell in line.partition("#")[0].split("|")]
        if line and not line.startswith(" "):
            framework = cells[0]
        elif line.strip():
            deal, status, score, band = cells
            low, _, high = score.partition(" to ")
            assert (framework, deal) not in found
            found[framework, deal] = Score(status, Fraction(low), Fraction(high or low), band or None)
    return found


FILE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "ten-deals.yaml").read_text(encoding="utf-8"))
AS_OF: date = FILE["as_of"]
SHIPPED = sorted(
    path.stem for path in (bundled("rules") / "frameworks").glob("*.yaml") if not path.stem.endswith(".test")
)


def evidence(deal: dict[str, Any]) -> list[dict[str, Any]]:
    """The deal's facts as evidence of every element that asks for them."""
    found = []
    for framework, elements in FILE["asks"].items():
        for element, fact in elements.items():
            said = deal["facts"].get(fact, [])
            for one in said if isinstance(said, list) else [said]:
                record = one if isinstance(one, dict) else {"level": one}
                found.append({"element": f"{framework}.{element}", "dated": deal.get("dated"), **record})
    return found


@cache
def process() -> Process:
    """All frameworks in one process."""
    found = [load_framework(name).framework for name in SHIPPED]
    known = {f.id: f for f in found if f is not None}
    assert sorted(known) == SHIPPED
    return host(next(iter(known.values()))).replace(frameworks=known)


@cache
def deals() -> tuple[Deal, ...]:
    found = []
    for name, deal in FILE["deals"].items():
        record = {"id": name, "name": deal["name"]} | ({"evidence": evidence(deal)} if "facts" in deal else {})
        typed, strange = deal_from(record, process().catalogue, process().reading)
        assert not strange and not typed.unfit
        found.append(typed)
    return tuple(found)


def test_thirteen_frameworks_and_ten_deals_are_in_the_table_and_nothing_else() -> None:
    expected = table()
    assert len(SHIPPED) == 13
    assert len(FILE["deals"]) == 10
    assert sorted(expected) == sorted((f, d) for f in SHIPPED for d in FILE["deals"])


def test_every_element_of_every_framework_is_asked_of_the_deals_and_every_fact_is_used() -> None:
    for name, framework in process().frameworks.items():
        assert list(FILE["asks"][name]) == [e.id for e in framework.elements]
    asked = {fact for elements in FILE["asks"].values() for fact in elements.values()}
    assert asked == {fact for deal in FILE["deals"].values() for fact in deal.get("facts", ())}


@pytest.mark.parametrize("framework", SHIPPED)
def test_a_framework_scores_the_ten_deals_as_worked_out_by_hand(framework: str) -> None:
    judge, expected, found = Judge(process()), {}, {}
    for deal in deals():
        (result,) = judge.qualification(deal, AS_OF, framework)
        assert result.score is not None
        found[deal.id] = Score(result.status, *result.score, result.band)
        expected[deal.id] = table()[framework, deal.id]
    assert found == expected


def statuses() -> dict[str, dict[str, str]]:
    return {d.id: {f: table()[f, d.id].status for f in SHIPPED} for d in deals()}


def test_columns_come_to_the_same_statuses() -> None:
    judge = Judge(process())
    frames = frames_of(list(deals()), process())
    rows = judge.columns(judge.moment(AS_OF), frames, Wanted(frameworks=True)).collect().rows(named=True)
    assert {row["id"]: {f: row[f"framework.{f}"] for f in SHIPPED} for row in rows} == statuses()


def test_a_database_comes_to_the_same_statuses() -> None:
    frames = frames_of(list(deals()), process())
    plan = build(process(), Judge(process()).moment(AS_OF), shape_of(frames, process()))
    with duckdb_engine() as engine:
        staged = staging.typed(plan, frames, engine.name)
        engine.put(staged)
        asked = query(plan, engine.name, staged.layout, inline=True, frameworks=True)
        rows = engine.place.frame(asked).rows(named=True)
    assert not asked.cannot
    found = {row["id"]: {name: row[column] for column, name in asked.frameworks.items()} for row in rows}
    assert found == statuses()
