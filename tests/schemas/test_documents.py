"""Documents of every kind against their schemas: good ones hold, each bad one fails once and at the right place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .documents import DOCUMENT_KINDS, HERE, errors, kind_of, load, places

GOOD = sorted((HERE / "good").glob("*.yaml"))
BAD = sorted((HERE / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_a_good_document_holds(path: Path) -> None:
    document = load(path.read_text(encoding="utf-8"))
    assert places(kind_of(document), document) == []


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_one_mistake_is_one_error_at_its_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = load(text)
    assert places(kind_of(document), document) == [text.partition("\n")[0].removeprefix("# ")]


def test_every_kind_has_good_and_bad_documents() -> None:
    for folder in (GOOD, BAD):
        assert {kind_of(load(p.read_text(encoding="utf-8"))) for p in folder} == set(DOCUMENT_KINDS)


def test_every_kind_but_tests_and_workspaces_can_be_overlaid() -> None:
    overlaid = {p.stem.removesuffix("-overlay") for p in GOOD if p.stem.endswith("-overlay")}
    assert overlaid == set(DOCUMENT_KINDS) - {"test", "workspace"}


@pytest.mark.parametrize("kind", DOCUMENT_KINDS)
@pytest.mark.parametrize("document", [None, "text", [], 3, {}], ids=["null", "text", "list", "number", "empty"])
def test_what_is_no_document_is_refused(kind: str, document: object) -> None:
    assert errors(kind, document)


def test_shipped_documents_hold(checkout: Path) -> None:
    shipped = sorted((checkout / "rules").rglob("*.yaml"))
    assert shipped
    found = {}
    for path in shipped:
        document = load(path.read_text(encoding="utf-8"))
        found[path.name] = places(kind_of(document), document)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_shipped_document_names_its_schema(checkout: Path) -> None:
    for path in sorted((checkout / "rules").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        named = text.partition("\n")[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / named).resolve() == checkout / "schemas" / f"{kind_of(load(text))}.schema.json", path
