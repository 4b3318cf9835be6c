"""Where the documents that ship with dealgate are: inside the installed package, or in the checkout."""

from __future__ import annotations

from pathlib import Path

from dealgate.model.diagnostics import DocumentsDoNotHold, error

PACKAGE = Path(__file__).resolve().parent


def bundled(kind: str) -> Path:
    """The folder of shipped documents of that kind: ``rules`` or ``schemas``.

    An installed wheel carries them in ``dealgate/_bundled``; an editable install reads the
    checkout's own. Raises ``DocumentsDoNotHold`` (DG990) where neither is there.
    """
    places = (PACKAGE / "_bundled" / kind, PACKAGE.parent.parent / kind)
    for folder in places:
        if folder.is_dir():
            return folder
    raise DocumentsDoNotHold(
        error(
            "DG990",
            f"The folder '{kind}' that ships with dealgate is not in this installation.",
            suggestion="Install dealgate again, or run it from a whole checkout.",
        )
    )


def belongs_to_the_package(path: Path) -> bool:
    """Whether a file is one that an installed package carries: no command of ours changes it."""
    return path.resolve().is_relative_to(PACKAGE)
