from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.running import AS_OF, dealgate, golden

SCREEN = 66
"""Lines: two screens of a small terminal."""


@pytest.mark.parametrize("columns", [80, 100])
def test_the_demo_tells_its_story_in_few_lines(columns: int) -> None:
    ran = dealgate("demo", *AS_OF, "--seed", 7, columns=columns)
    assert ran.code == 0
    assert len(ran.out.splitlines()) <= SCREEN
    assert max(len(line) for line in ran.out.splitlines()) <= columns
    golden(f"demo-{columns}.txt", ran.out)


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    first, again, other = (dealgate("demo", *AS_OF, "--seed", seed).out for seed in (7, 7, 8))
    assert first == again != other


def test_the_demo_can_be_repeated_on_the_deals_it_saved(company: Path, hero: str) -> None:
    story = dealgate("demo", *AS_OF).out
    explained = dealgate("explain", company, "--deal", hero, *AS_OF).out
    assert explained.splitlines()[:4] == story.partition("explain company.jsonl")[2].splitlines()[1:5]
    sums = dealgate("check", company, *AS_OF).out.splitlines()[1]
    assert sums in story


def test_the_forecast_of_the_demo_is_what_the_command_says_that_it_shows(company: Path) -> None:
    told = dealgate("demo", *AS_OF).out.partition("$ dealgate forecast ")[2]
    typed, _, scene = told.replace("\\\n", "").partition("\n")
    words = [str(company) if word == "company.jsonl" else word for word in typed.split()]
    said = " ".join(dealgate("forecast", *words, *AS_OF).out.split())
    methods, _, rest = scene.partition("\n\n")
    assert len(methods.splitlines()) == 2 + typed.count("--method")
    for line in methods.splitlines():
        assert " ".join(line.split()) in said
    assert " ".join(rest.partition("  ")[0].split()) in said  # called and proven
    assert "To reach 516,000 USD, " in rest
    assert " ".join(rest[rest.index("To reach") :].split()) in said


def test_what_the_demo_saves_is_one_deal_a_line(tmp_path: Path) -> None:
    dealgate("demo", *AS_OF, "--deals", 30, "--save", tmp_path / "few.jsonl")
    lines = (tmp_path / "few.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 30
