"""The workspace: ``dealgate.yaml``, found upward, names the processes, sources and store that belong together."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from glob import has_magic
from pathlib import Path
from typing import Any

from dealgate.model.diagnostics import NOWHERE, SourceFailed, Where, error

from .lock import FILE as LOCK
from .lock import FOLDER as LOCKED
from .nodes import Map
from .places import plain

FILE = "dealgate.yaml"
_SECRET = re.compile(r"\$\{(env|file):([^}]+)\}")


def find_workspace(start: Path) -> Path | None:
    """The nearest folder at or above ``start`` that holds a ``dealgate.yaml``."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    return None


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source as ``dealgate.yaml`` names it. ``settings`` is raw: secrets stay ``${env:NAME}`` until used."""

    name: str
    adapter: str
    settings: Mapping[str, Any]
    folder: Path
    at: Where = NOWHERE

    @property
    def path(self) -> Path | None:
        """Its file or folder, seen from the workspace; of a pattern such as ``exports/deals-*.csv`` the newest file."""
        told = self.settings.get("path")
        if not told:
            return None
        path = self.folder / str(told)
        if path.exists() or not has_magic(str(told)):
            return path
        pattern = Path(str(told))
        top = Path(pattern.anchor) if pattern.is_absolute() else self.folder
        found = top.glob(str(pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern))
        shown = [one for one in found if one.is_file() and not one.name.startswith((".", "~$"))]
        dated = [(one.stat().st_mtime_ns, one.name, one) for one in shown]
        return max(dated)[2] if dated else path

    @property
    def mapping(self) -> str | None:
        """The mapping's reference."""
        return self.settings.get("mapping")

    @property
    def process(self) -> str | None:
        """The reference of the process that judges its deals."""
        return self.settings.get("process")

    def credential(self, name: str) -> str | None:
        """A credential's value, read at this moment. Raises SourceFailed where it cannot be had."""
        raw = (self.settings.get("credentials") or {}).get(name)
        return None if raw is None else reveal(str(raw), self.folder, self.at)


@dataclass(frozen=True, slots=True)
class Workspace:
    """What ``dealgate.yaml`` says. ``settings`` holds the sections later parts read: teams, schedule, notifications."""

    folder: Path
    id: str = ""
    title: str = ""
    processes: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    use: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, ConfiguredSource] = field(default_factory=dict)
    store: str | None = None
    """The database's address as written; ``reveal`` it at use."""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By role the names or ids of those who have it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    at: Where = NOWHERE

    def files(self) -> list[Path]:
        """Every document in its rules folders, in a steady order."""
        found = {path.resolve(): path for folder in self.rules for path in yaml_files(folder)}
        return [path for path in found.values() if path.name != FILE]


def build_workspace(root: Map, folder: Path) -> Workspace:
    """The workspace of a document that its schema accepts; what it does not fit is left out."""
    words = plain(root)
    sources = root.items.get("sources")
    found = {}
    for name, settings in _section(words, "sources").items():
        where = sources.key_where(name) if isinstance(sources, Map) else root.where
        if isinstance(settings, dict):
            found[name] = ConfiguredSource(name, str(settings.get("adapter") or "file"), settings, folder, where)
    return Workspace(
        folder=folder,
        id=str(words.get("id") or ""),
        title=str(words.get("title") or ""),
        processes=_texts(words.get("processes")),
        rules=tuple(folder / name for name in _texts(words.get("rules")) or ("rules",)),
        use={kind: _texts(ids) for kind, ids in _section(words, "use").items()},
        sources=found,
        store=_section(words, "store").get("url"),
        roles={role: _texts(people) for role, people in _section(words, "roles").items()},
        settings={key: words[key] for key in ("teams", "schedule", "notifications", "brand") if key in words},
        at=root.where,
    )


def _section(words: Any, key: str) -> dict[str, Any]:
    section = words.get(key) if isinstance(words, dict) else None
    return section if isinstance(section, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def yaml_files(folder: Path) -> list[Path]:
    """Every ``*.yaml`` and ``*.yml`` below a folder, sorted; hidden folders, packages and locked copies left out."""
    if folder.is_file():
        return [folder]
    found: list[Path] = []
    for top, folders, names in os.walk(folder):
        left_out = {"node_modules", "__pycache__", *([LOCKED] if LOCK in names else ())}
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in left_out)
        found += [Path(top) / n for n in sorted(names) if n.endswith((".yaml", ".yml")) and not n.startswith(".")]
    return found


def seen_from(url: str, folder: Path) -> str:
    """A database's address, where the path of an SQLite file is seen from ``folder``, wherever a command is run."""
    head, mark, rest = url.partition("sqlite:///")
    return f"sqlite:///{folder / rest}" if mark and not head and rest and not rest.startswith("/") else url


def secrets_in(value: Any, folder: Path) -> set[str]:
    """What every ``${…}`` in a setting, or in all that lies in it, resolves to, where it can be had.

    Only for keeping it out of what is shown.
    """
    if isinstance(value, Mapping):
        return set().union(*(secrets_in(one, folder) for one in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(secrets_in(one, folder) for one in value))
    found = set()
    for secret in _SECRET.finditer(value) if isinstance(value, str) else ():
        with suppress(SourceFailed):
            found.add(reveal(secret[0], folder))
    return found


def reveal(text: str, folder: Path, at: Where = NOWHERE) -> str:
    """The text with each ``${env:NAME}`` and ``${file:PATH}`` filled in; a file is seen from ``folder``.

    For use only: never print or keep what comes back. Raises SourceFailed where one cannot be had.
    """

    def value(found: re.Match[str]) -> str:
        name = found[2].strip()
        if found[1] == "env":
            held = os.environ.get(name)
            if not held:
                raise SourceFailed(
                    error(
                        "DG430", f"The environment variable `{name}` is not set.", at, f"Set `{name}`, then run again."
                    )
                )
            return held
        try:
            return (folder / name).read_text("utf-8").strip()
        except (OSError, ValueError):
            raise SourceFailed(
                error(
                    "DG431", f"The file `{name}`, which holds a secret, cannot be read.", at, "Check path and rights."
                )
            ) from None

    return _SECRET.sub(value, text)
