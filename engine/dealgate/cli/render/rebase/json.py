"""A move to another base as one JSON object (``schemas/output/rebase.schema.json``)."""

from __future__ import annotations

from ....documents.library import Document
from ....tailor.difference import Change
from ....tailor.rebase import Rebased
from ..clean import dumps


def render(overlay: Document, found: Rebased, written: bool) -> str:
    """The two bases, the conflicts, the notes, what is taken from the base, what does not hold."""
    old, new = found.base.old, found.base.new
    return dumps(
        {
            "overlay": {"id": overlay.word("id"), "file": overlay.file},
            "from": {"id": old.id, "version": old.version, "file": old.file},
            "to": {"id": new.id, "version": new.version, "file": new.file},
            "written": written,
            "conflicts": [
                {
                    "place": ".".join(one.place), "words": one.words, "here": str(one.here), "there": str(one.there),
                    "mend": one.mend,
                }
                for one in found.conflicts
            ],
            "moved": [{"words": one.words, "where": str(one.where) if one.where else None} for one in found.notes],
            "taken": [_taken(change) for change in found.taken],
            "diagnostics": [
                {"code": d.code, "severity": d.severity.word, "message": d.message, "where": str(d.where)}
                for d in found.diagnostics
            ],
        },
        1,
    )  # fmt: skip


def _taken(change: Change) -> dict[str, str]:
    return {
        "group": change.group,
        "place": ".".join(change.place),
        "subject": change.subject,
        "words": change.words,
        "where": str(change.where),
    }
