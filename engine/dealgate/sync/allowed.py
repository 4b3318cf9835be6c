"""What enforcement may write into a CRM: ``write_back`` of a source, everything off where it is not switched on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from dealgate.documents.suggest import nearest
from dealgate.documents.workspace import ConfiguredSource
from dealgate.model.diagnostics import WrongUsage, error
from dealgate.model.process import ENFORCE, Process
from dealgate.model.values import parse_date, parse_duration

FIELDS = ("readiness", "state", "missing", "next", "playbook")
"""What can be written into a field; besides ``score.FRAMEWORK`` and ``band.FRAMEWORK``."""
SCOPES = ("none", "leaked", "all")
AT_MOST, REVERTS, EXPIRES = 100, 1, timedelta(days=1)
CODE = "DG980"


@dataclass(frozen=True, slots=True)
class Allowed:
    """``fields``: ours → the CRM's. ``tasks``: none, leaked (about moves past a gate) or all. ``mode``: the
    hardest that any criterion is enforced. ``since``: moves before this day are left alone. ``at_most``: writes a run;
    ``reverts_per_deal``; ``expires``: how old a plan may be that is applied.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    tasks: str = "none"
    notes: bool = False
    reverts: bool = False
    mode: str = "block"
    since: date | None = None
    at_most: int = AT_MOST
    reverts_per_deal: int = REVERTS
    expires: timedelta = EXPIRES

    def enforced(self, enforce: str) -> str:
        """How a criterion is enforced here: as it says, but no harder than ``mode``."""
        return ENFORCE[min(ENFORCE.index(enforce), ENFORCE.index(self.mode))]

    def plain(self) -> dict[str, Any]:
        """As a plan holds it."""
        held = asdict(self)
        return {**held, "fields": dict(self.fields), "since": self.since.isoformat() if self.since else None,
                "expires": self.expires.total_seconds() / 3600}  # fmt: skip


def allowed_of(source: ConfiguredSource, process: Process) -> Allowed:
    """The settings of a source. Raises WrongUsage where they name what there is not."""
    raw = source.settings.get("write_back") or {}
    known = {*FIELDS, *(f"{word}.{name}" for word in ("score", "band") for name in process.frameworks)}
    for name in raw.get("fields") or {}:
        if name not in known:
            near = nearest(name, sorted(known))
            hint = f"did you mean `{near}`?" if near else f"there are {', '.join(sorted(known))}"
            message = f"`write_back` of `{source.name}` writes `{name}`, which the process {process.id} does not have."
            raise WrongUsage(error(CODE, message, source.at, hint))
    for key, words in (("tasks", SCOPES), ("mode", ENFORCE)):
        if raw.get(key, words[0]) not in words:
            raise _odd(source, key, f"one of {', '.join(words)}")
    for key in ("at_most", "reverts_per_deal"):
        if not isinstance(raw.get(key, 0), int) or raw.get(key, 0) < 0:
            raise _odd(source, key, "a whole number, 0 or more")
    expires = EXPIRES
    if "expires" in raw:
        length = parse_duration(str(raw["expires"]))
        if length is None or length.delta is None:
            raise _odd(source, "expires", "a length such as 4 hours or 2 days")
        expires = length.delta
    since = parse_date(str(raw["since"])) if "since" in raw else None
    if "since" in raw and since is None:
        raise _odd(source, "since", "a date such as 2026-12-31")
    return Allowed(
        dict(raw.get("fields") or {}), raw.get("tasks", "none"), raw.get("notes", False) is True,
        raw.get("reverts", False) is True, raw.get("mode", "block"), since, raw.get("at_most", AT_MOST),
        raw.get("reverts_per_deal", REVERTS), expires,
    )  # fmt: skip


def _odd(source: ConfiguredSource, key: str, wanted: str) -> WrongUsage:
    message = f"`{key}` under `write_back` of `{source.name}` cannot be read."
    return WrongUsage(error(CODE, message, source.at, f"write {wanted}"))
