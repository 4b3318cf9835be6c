"""The documents of this checkout have the layout that `dealgate fmt` gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import dealgate


@pytest.mark.parametrize("folder", ["rules", "examples", "tests/schemas/good"])
def test_fmt_would_change_none_of_our_documents(folder: str, checkout: Path) -> None:
    ran = dealgate("fmt", "--check", checkout / folder)
    assert (ran.code, ran.out) == (0, ""), ran.all
    assert ran.err.endswith(" files already so.\n")
