"""All the texts of a new workspace, by path: of a copy of a process, or of a client's overlay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ...decide.playbook import Playbook
from ...documents.kinds import KINDS
from ...model.process import Process
from ...model.verdict import Outcome
from .base import Base
from .crm import Route
from .exports import Export, export_of
from .overlay import held_back, overlay, overlay_test, slug, threshold
from .texts import IGNORED, Told, readme, workspace

_FOLDER = f"rules/{KINDS['process'].folder}"


def copy_of(base: Base, currency: str, route: Route, reasons: Sequence[str]) -> dict[str, str]:
    """A workspace with a copy of the process and of all it is made of."""
    process = base.process()
    export = export_of(route, process, currency, base.resolver)
    file = f"{_FOLDER}/{base.resolved.document.path.name}"
    told = _told(base, process, currency, route, export, reasons, None, base.id, file)
    return {**base.copies(currency), **_around(told, export)}


def overlay_of(
    base: Base, client: str, currency: str, route: Route, reasons: Sequence[str], as_of: date
) -> dict[str, str]:
    """A workspace with a client's overlay of the process, and its tests."""
    process = base.process()
    playbook = Playbook(process, lambda: "")

    def blocks(stage: str, to: str) -> bool:
        nothing = {"stage": stage, "contacts": [], "activities": [], "evidence": []}
        return playbook.gate(nothing, to, as_of=as_of).outcome is Outcome.BLOCK

    name = slug(client, frozenset(base.resolver.library.ids("process")))
    file = f"{_FOLDER}/{name}.yaml"
    export = export_of(route, process, currency, base.resolver)
    files = {file: overlay(name, client, base, process, currency)}
    moved = held_back(process, blocks)
    for path in base.tests():
        own = name + path.name.removeprefix(base.resolved.document.path.stem)
        files[f"{_FOLDER}/{own}"] = overlay_test(name, client, base, path.read_text("utf-8"), moved)
        moved = None
    told = _told(base, process, currency, route, export, reasons, client, name, file)
    return {**files, **_around(told, export)}


def _told(
    base: Base,
    process: Process,
    currency: str,
    route: Route,
    export: Export | None,
    reasons: Sequence[str],
    client: str | None,
    name: str,
    file: str,
) -> Told:
    stages = [stage.id for stage in process.open_stages]
    tables = export.tables if export is not None else ()
    title = base.title if client is None else client
    param = threshold(base.params())
    return Told(
        name,
        title,
        file,
        process.record,
        currency,
        route,
        tables,
        param,
        stages,
        reasons,
        client,
        base.id,
        base.currency,
    )


def _around(told: Told, export: Export | None) -> dict[str, str]:
    files = {"dealgate.yaml": workspace(told), "README.md": readme(told), ".gitignore": IGNORED}
    return files if export is None else {**files, export.path: export.text}
