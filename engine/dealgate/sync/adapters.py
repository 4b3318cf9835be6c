"""Finding and opening an adapter by its name: a module of ``dealgate_adapters``, or of a package that brings one."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from dealgate.documents.suggest import nearest
from dealgate.documents.workspace import ConfiguredSource, reveal, seen_from
from dealgate.model.diagnostics import NOWHERE, SourceFailed, Where, WrongUsage, error
from dealgate.model.struct import Struct
from dealgate.ports import Capabilities, CrmAdapter, Settings, Trouble

PACKAGE = "dealgate_adapters"
GROUP = "dealgate.adapters"
"""Entry points of this group are adapters: ``name = "package.module:connect"``."""

OURS = frozenset({"adapter", "credentials", "mapping", "options", "process", "public_url", "title", "write_back"})
"""Settings of a source that are dealgate's own: an adapter may have an option of the same name, as Dynamics has
``process``."""
CODES: Mapping[str, str] = {
    "unreachable": "DG970", "unauthorised": "DG971", "forbidden": "DG972", "throttled": "DG973", "exhausted": "DG974",
    "odd": "DG975", "gone": "DG976", "expired": "DG977",
}  # fmt: skip
"""The diagnostic of each kind of trouble."""


class Known(Struct):
    """An adapter that is installed. ``origin``: its module, or the distribution and the entry point that bring it;
    ``title``: the first line of its module's documentation, "" where that would have to be imported."""

    name: str
    origin: str
    title: str = ""


def known() -> list[Known]:
    """Every adapter that is installed, by name."""
    package = find_spec(PACKAGE)
    places = list(package.submodule_search_locations or ()) if package is not None else []
    own = [
        Known(module.name, f"{PACKAGE}.{module.name}", _title(f"{PACKAGE}.{module.name}"))
        for module in iter_modules(places)
        if not module.name.startswith("_")
    ]
    brought = [
        Known(point.name, f"{point.dist.name if point.dist else 'a package'} ({point.value})")
        for point in entry_points(group=GROUP)
    ]
    return sorted({one.name: one for one in (*brought, *own)}.values(), key=lambda one: one.name)


def _title(module: str) -> str:
    """Read from its file: what an adapter imports need not be there."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""
    return text.partition("\n")[0]


def names() -> list[str]:
    """The names of every adapter that is installed."""
    return [one.name for one in known()]


def open_adapter(source: ConfiguredSource, clock: Callable[[], datetime]) -> CrmAdapter:
    """The adapter of a configured source, opened. Raises WrongUsage where there is none of that name, SourceFailed
    where it cannot be opened."""
    connect = _connect(source)
    values = {key: value for key, value in source.settings.items() if key not in OURS}
    options = source.settings.get("options") or {}
    if values.get("url") is not None:
        values["url"] = _address(reveal(str(values["url"]), source.folder, source.at), source)
    settings = Settings({**values, **options}, lambda name: _secret(source, name), clock)
    try:
        return connect(settings)
    except Trouble as trouble:
        raise failed(source.name, trouble) from None


def _secret(source: ConfiguredSource, name: str) -> str | None:
    found = source.credential(name)
    return found if found is None or name != "url" else _address(found, source)


def _address(url: str, source: ConfiguredSource) -> str:
    """A file is seen from the workspace, wherever the command is run."""
    return seen_from(url, source.folder)


def declared(name: str) -> Capabilities | None:
    """What the adapter of that name can do, as its module declares it in CAPABILITIES; None where it does not.

    Nothing is connected. Raises WrongUsage where there is none of that name.
    """
    found = getattr(import_module(_point(name, NOWHERE).module), "CAPABILITIES", None)
    return found if isinstance(found, Capabilities) else None


def title_of(name: str) -> str:
    """What the CRM of an adapter is called: the first words of its module's documentation; else the adapter's name."""
    words = next((one.title for one in known() if one.name == name), "")
    return re.split(r"[(:,.]", words)[0].strip() or name


def _connect(source: ConfiguredSource) -> Callable[[Settings], CrmAdapter]:
    found: Callable[[Settings], CrmAdapter] = _point(source.adapter, source.at).load()
    return found


def _point(name: str, at: Where) -> EntryPoint:
    """Where an adapter is. Raises WrongUsage where there is none of that name."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and find_spec(f"{PACKAGE}.{name}") is not None:
        return EntryPoint(name, f"{PACKAGE}.{name}:connect", GROUP)
    for point in entry_points(group=GROUP, name=name):
        return point
    installed = names()
    near = nearest(name, installed)
    hint = f"did you mean `{near}`?" if near else f"there are {', '.join(['file', *installed])}"
    raise WrongUsage(error("DG978", f"There is no adapter `{name}`.", at, hint))


def failed(source: str, trouble: Trouble, stream: str = "") -> SourceFailed:
    """A CRM's trouble as a refusal: what is wrong, and what to do."""
    of = f"{source}, {stream.replace('_', ' ')}" if stream else source
    when = f" It lets us in again at {trouble.retry_at:%H:%M} UTC." if trouble.retry_at else ""
    return SourceFailed(error(CODES.get(trouble.kind, "DG975"), f"{trouble.message}{when}", Where(of), trouble.hint))
