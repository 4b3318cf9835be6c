"""dealgate: sales process as code.

``load(reference)`` gives a Playbook: a bundled id, a file or a workspace's own process, checked and ready to judge.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .decide.playbook import Playbook

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(reference: str | Path, *, workspace: Path | None = None) -> Playbook:
    """The playbook of a process: ``practical``, ``practical@^1``, or a file.

    Raises DocumentsDoNotHold, with every diagnostic, where the documents have errors.
    """
    from .decide.playbook import Playbook
    from .documents.load import load as load_documents
    from .model.diagnostics import DocumentsDoNotHold, Severity

    loaded = load_documents(reference, workspace=workspace)
    errors = [d for d in loaded.diagnostics if d.severity is Severity.ERROR]
    if loaded.process is None or errors:
        raise DocumentsDoNotHold(*(errors or loaded.diagnostics))
    return Playbook(loaded.process, lambda: loaded.digest)
