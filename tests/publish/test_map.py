"""The map: every stage and gate in both drawings, all of it within the ground, in words as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.publish.playbooks import BUNDLED, book_of, hostile, loaded_from

from dealgate.model.process import Moves, Stage
from dealgate.publish.blocks import Scene, Shape
from dealgate.publish.map import chart, drawing, gate_words
from dealgate.publish.measure import lines_of, width_of


def every(shapes: tuple[Shape, ...]) -> list[Shape]:
    return [one for shape in shapes for one in (shape, *every(shape.inner))]


def said(scene: Scene) -> list[str]:
    return [shape.text for shape in every(scene.shapes) if shape.tag == "text"]


def boxes(scene: Scene) -> list[tuple[float, float, float, float]]:
    found = [dict(shape.attributes) for shape in every(scene.shapes) if shape.tag == "rect"]
    return [tuple(float(box[key]) for key in ("x", "y", "width", "height")) for box in found]  # type: ignore[misc]


@pytest.mark.parametrize("name", BUNDLED)
def test_both_drawings_have_every_stage_and_the_number_of_criteria_at_every_gate(name: str) -> None:
    process = book_of(name).process
    found, drawn = chart(process), drawing(process)
    for scene in (drawn.wide, drawn.narrow):
        words = said(scene)
        for cell in (*found.open, found.won, *found.after, found.lost):
            assert all(word in " ".join(words) for word in cell.title.split()), cell
        links = {shape.to.page for shape in every(scene.shapes) if shape.to is not None}
        assert links == {f"stage-{stage.id}" for stage in process.stages} | {"outcomes"}
    for cell in (*found.open[1:], found.won, *found.after):
        assert str(len(cell.gate)) in said(drawn.wide) and str(len(cell.gate)) in said(drawn.narrow)


def test_a_gate_asks_the_exits_of_one_stage_and_the_entry_of_the_next() -> None:
    process = book_of("practical").process
    first, second = process.open_stages[:2]
    assert len(chart(process).open[1].gate) == len(first.exit) + len(second.enter)
    assert chart(process).won.gate == (*process.open_stages[-1].exit, *process.won)
    assert chart(process).lost.gate == process.lost


def test_a_gate_is_told_in_words_from_the_hardest_down() -> None:
    process = book_of("practical").process
    assert gate_words(chart(process).won.gate) == "8 criteria: 6 block, 2 warn"
    assert gate_words(()) == "no criteria"


def test_the_ways_back_are_those_of_the_moves() -> None:
    process = book_of("practical").process
    other = process.replace(moves=Moves(skip="block", back="observe", reopen="warn", reopen_within=None))
    text = " ".join(said(drawing(other).narrow))
    assert "Skip a stage: not allowed" in text
    assert "Back: allowed, and counted" in text
    assert "Reopen: allowed, with a warning" in text
    assert "Skip a stage: needs approval" in " ".join(said(drawing(process).wide))


@given(st.integers(1, 14), st.integers(0, 4), st.text(max_size=80))
def test_boxes_stay_on_the_ground_and_off_each_other(stages: int, after: int, title: str) -> None:
    process = loaded_from("practical").need()
    many = tuple(Stage(f"s{n}", title or "x") for n in range(stages))
    later = tuple(Stage(f"a{n}", title or "x", after="won") for n in range(after))
    drawn = drawing(process.replace(stages=(*many, *later)))
    for scene in (drawn.wide, drawn.narrow):
        found = boxes(scene)
        assert len(found) == stages + after + 2
        for n, (x, y, w, h) in enumerate(found):
            assert x >= 0 and y >= 0 and x + w <= scene.width + 0.2 and y + h <= scene.height
            for ox, oy, ow, oh in found[n + 1 :]:
                assert x + w <= ox + 0.2 or ox + ow <= x + 0.2 or y + h <= oy or oy + oh <= y


@given(st.text(max_size=200), st.integers(20, 300), st.integers(1, 4))
def test_lines_are_no_wider_than_they_may_be_and_lose_nothing_without_a_mark(text: str, width: int, most: int) -> None:
    lines = lines_of(text, width, 14, most)
    assert 1 <= len(lines) <= most
    assert all(width_of(line, 14) <= width or len(line) <= 1 for line in lines)
    whole = "".join(text.split())
    if not lines[-1].endswith("…"):
        assert "".join("".join(lines).split()) == whole


def test_hostile_titles_fit_their_boxes(tmp_path: Path) -> None:
    drawn = drawing(book_of(hostile(tmp_path)).process)
    for scene in (drawn.wide, drawn.narrow):
        for shape in every(scene.shapes):
            titles = [one for one in shape.inner if dict(one.attributes).get("class") == "m-title"]
            if titles:
                box = dict(shape.inner[0].attributes)
                assert all(width_of(one.text, 14.5) <= float(box["width"]) for one in titles)
