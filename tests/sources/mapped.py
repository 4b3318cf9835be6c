"""How the tests of mappings write small exports and open them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.process import Process
from dealgate.sources.open import Source, open_source

HEAD = "kind: mapping/v1\nid: test\ntitle: Test\n"


@cache
def process(name: str = "practical") -> Process:
    return load(name).need()


def opened(folder: Path, mapping: str | None, files: dict[str, str | bytes], name: str = "practical") -> Source:
    """The files written and opened with the mapping's text (its head is put before it)."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for file, text in files.items():
        (data / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    chosen = None
    if mapping is not None:
        chosen = folder / "mapping.yaml"
        chosen.write_text(HEAD + mapping, encoding="utf-8")
    return open_source(data, process=process(name), mapping=chosen, library=Library())


def found(source: Source, code: str) -> Diagnostic:
    mine = [one for one in source.diagnostics if one.code == code]
    assert len(mine) == 1, [f"{d.code} {d.message}" for d in source.diagnostics]
    return mine[0]
