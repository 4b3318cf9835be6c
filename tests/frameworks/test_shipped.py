"""What every shipped framework has, and what the three of one family share."""

from __future__ import annotations

import pytest

from dealgate.bundled import bundled
from dealgate.documents.load import load, load_framework
from dealgate.model.condition import ElementAnswer
from dealgate.model.framework import Framework

FOLDER = bundled("rules") / "frameworks"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".test"))
FAMILY = ("meddic", "meddicc", "meddpicc")


def framework(name: str) -> Framework:
    found = load_framework(name)
    assert found.framework is not None, found.diagnostics
    assert not found.diagnostics
    return found.framework


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_framework_is_complete(name: str) -> None:
    found, practical = framework(name), load("practical").process
    assert practical is not None
    stages = {stage.id for stage in practical.stages}
    assert found.description
    assert found.suits is not None
    assert found.suits.why
    assert found.score is not None
    assert found.qualified_when is not None or found.score.pass_mark is not None
    assert found.disqualify
    for element in found.elements:
        assert element.question.endswith("?")
        assert element.proof
        assert element.pitfall
        assert element.max_age is not None
        assert element.due in stages
    assert (FOLDER / f"{name}.test.yaml").is_file()


@pytest.mark.parametrize("name", SHIPPED)
def test_only_a_buyers_no_takes_a_deal_out(name: str) -> None:
    for one in framework(name).disqualify:
        assert isinstance(one.when, ElementAnswer)
        assert one.when.answer == "no"


@pytest.mark.parametrize("name", SHIPPED)
def test_bands_reach_from_the_best_score_to_the_worst(name: str) -> None:
    score = framework(name).score
    assert score is not None
    marks = [band.at_least if score.direction == "higher" else band.at_most for band in score.bands]
    assert None not in marks
    assert marks == sorted(marks, key=lambda m: m or 0, reverse=score.direction == "higher")
    if marks and score.direction == "higher":
        assert marks[-1] == 0


def test_a_letter_reads_the_same_in_meddic_meddicc_and_meddpicc() -> None:
    letters: dict[str, set[object]] = {}
    for name in FAMILY:
        for element in framework(name).elements:
            letters.setdefault(element.id, set()).add(element)
    assert {letter: len(forms) for letter, forms in letters.items()} == dict.fromkeys(letters, 1)
    assert [len(framework(name).elements) for name in FAMILY] == [6, 7, 8]
