"""Bundled documents are found in a checkout, and their absence is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate import bundled as module
from dealgate.bundled import bundled
from dealgate.model.diagnostics import DocumentsDoNotHold


def test_a_checkout_reads_its_own_rules_and_schemas(checkout: Path) -> None:
    assert bundled("rules") == checkout / "rules"
    assert bundled("schemas") == checkout / "schemas"


def test_what_the_package_carries_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "engine" / "dealgate"
    (tmp_path / "rules").mkdir()
    (package / "_bundled" / "rules").mkdir(parents=True)
    monkeypatch.setattr(module, "PACKAGE", package)
    assert bundled("rules") == package / "_bundled" / "rules"


def test_a_file_that_the_package_carries_is_told_from_one_of_the_checkout(checkout: Path) -> None:
    assert module.belongs_to_the_package(module.PACKAGE / "_bundled" / "rules" / "fields.yaml")
    assert not module.belongs_to_the_package(checkout / "rules" / "fields.yaml")


def test_a_missing_folder_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "engine" / "dealgate")
    with pytest.raises(DocumentsDoNotHold, match="'rules' that ships with dealgate") as refusal:
        bundled("rules")
    assert [d.code for d in refusal.value.diagnostics] == ["DG990"]
