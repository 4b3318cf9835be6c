"""What the engine asks of a CRM, and what a CRM's adapter hands over. An adapter imports this and the model alone.

Records are raw: as the CRM has them, flat, under the CRM's own names; a mapping says what they mean. Every moment is
the server's, never this machine's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from dealgate.model.struct import Struct, field

STREAMS = (
    "users", "accounts", "contacts", "leads", "deals", "stage_changes", "deal_contacts", "activities", "line_items",
    "deletions",
)  # fmt: skip
"""In the order they are pulled: what others point to comes first, what is gone last."""
ACTIONS = ("set_fields", "move_stage", "create_task", "note")
WORDS: Mapping[str, tuple[str, ...]] = {
    "history": ("native", "audit", "inferred", "none"),
    "deletes": ("stream", "flag", "none"),
    "cursor": ("keyset", "delta", "window", "full"),
    "compare_and_set": ("etag", "reread", "none"),
    "block": ("native", "none"),
}
"""What a capability that is a word may be."""
OUTCOMES = ("applied", "already", "conflict", "rejected", "throttled", "forbidden")
TROUBLES = ("unreachable", "unauthorised", "forbidden", "throttled", "exhausted", "expired", "gone", "odd")


class Holds(Struct):
    """What a CRM can hold by itself, once an administrator has set it up there: from its vendor's documentation.

    Nothing of it is done by dealgate. It tells a consultant which rules can stand in the CRM as well.
    """

    rule: str = ""
    """What such a rule is called there."""
    edition: str = ""
    """The editions that have it, where not all do."""
    required: bool = False
    """Fields can be asked for where a deal enters or leaves a stage."""
    operators: tuple[str, ...] = ()
    """Operators of the language that a rule over a deal's own fields can test there."""
    joined: bool = False
    """Whether a rule can join tests by all, any and not."""
    moves: tuple[str, ...] = ()
    """What it can forbid: skip, back, reopen."""
    types: tuple[str, ...] = ()
    """Types of the catalogue that a custom field can have there; what is none of these is kept as text."""
    passed_by: tuple[str, ...] = ()
    """The channels through which a deal passes such a rule all the same: api, import, workflow, admin."""


HOLDS_MOVES = ("skip", "back", "reopen")
CHANNELS = ("api", "import", "workflow", "admin")


class Capabilities(Struct):
    """What an adapter, and the CRM behind it, can do. What it cannot is said, never approximated."""

    streams: tuple[str, ...]
    history: str = "none"
    """native: kept by the CRM · audit: in a log that may be off · inferred: from differences · none."""
    deletes: str = "none"
    """stream: told one by one · flag: a deleted record still shows, marked · none: only a full pull shows them."""
    cursor: str = "full"
    """keyset: by (moment, id) · delta: by a token of the CRM's · window: by a moment alone · full: all, each time."""
    compare_and_set: str = "none"
    """etag: the CRM refuses a write on a changed record · reread: we read again just before · none."""
    block: str = "none"
    """native: the CRM can hold a move itself · none: we see it afterwards."""
    actions: tuple[str, ...] = ()
    custom_fields: bool = False
    change_source: bool = False
    """Whether a change says who or what made it."""
    whole: tuple[str, ...] = ()
    """Streams that are read from the beginning each time, whatever ``cursor`` says of the others."""
    webhooks: bool = False
    """Whether the CRM can call us; where not, whatever comes is refused."""
    holds: Holds = Holds()
    """What the CRM can hold by itself; nothing, where it is not said."""


class Cursor(Struct):
    """How far a stream was read: up to and with the record ``id`` at the moment ``at``; or a token of the CRM's."""

    at: datetime | None = None
    id: str = ""
    token: str = ""


class Record(Struct):
    """One raw record. ``table`` is what a mapping's ``from`` calls it; ``data`` is flat, by the CRM's field names.

    ``deal``: the id of the deal (or lead) it belongs to, its own of a deal; None of what several share (an account, a
    user). ``links``: ids of shared records it points to. ``gone``: the CRM says that it is deleted. ``version``: of a
    deal, what ``expect_version`` of an action is compared with; it is another after every change.
    """

    table: str
    id: str
    data: Mapping[str, Any]
    modified: datetime | None = None
    deal: str | None = None
    links: tuple[str, ...] = ()
    gone: bool = False
    version: str | None = None


class Budget(Struct):
    """What is left of the CRM's allowance; None where it does not say."""

    used: int | None = None
    limit: int | None = None
    resets_at: datetime | None = None


class Page(Struct):
    """Some records of a stream, in the order of the cursor.

    ``next``: where to go on, within this pull. ``watermark``: the server's moment up to which the stream is complete
    once ``more`` is False. ``total``: how many there are in all, where the CRM says so. ``all_of``: deals of which
    every record of this stream is here, so that what is known of them besides is gone.
    """

    records: tuple[Record, ...]
    next: Cursor
    more: bool
    watermark: datetime
    budget: Budget = Budget()
    total: int | None = None
    all_of: tuple[str, ...] = ()


class StageInfo(Struct):
    """A stage as the CRM has it."""

    id: str
    title: str
    order: int = 0
    probability: str | None = None
    won: bool = False
    lost: bool = False
    gates: tuple[str, ...] = ()
    """Fields that the CRM itself asks for in this stage."""


class PipelineInfo(Struct):
    """A pipeline as the CRM has it, stages in order."""

    id: str
    title: str
    stages: tuple[StageInfo, ...]


class FieldInfo(Struct):
    """A field as the CRM has it. ``table`` as in Record; ``options``: id → title of a choice."""

    table: str
    id: str
    title: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)
    writable: bool = True
    custom: bool = False


class Description(Struct):
    """What a CRM has: its pipelines and fields. ``now`` is the server's clock."""

    pipelines: tuple[PipelineInfo, ...]
    fields: tuple[FieldInfo, ...]
    now: datetime


class Reference(Struct):
    """A record by where it stands: ``stream`` and the CRM's id."""

    stream: str
    id: str


class Webhook(Struct):
    """What a webhook says, once it is known to be the CRM's. ``refs``: the records that it speaks of, those that are
    gone too.

    ``id``: the same each time that the CRM sends it, and no other's: its own id of the delivery, else a digest of what
    it signed. Empty where nothing tells a repeat from a second change; then each is taken. ``sent_at``: when the CRM
    sent it, where it says so under its signature.
    """

    refs: tuple[Reference, ...]
    id: str = ""
    sent_at: datetime | None = None


class SetFields(Struct):
    """Fields of a deal get values; only if the deal's version is still ``expect_version`` (None: whatever it is)."""

    deal: str
    values: Mapping[str, Any]
    key: str
    expect_version: str | None = None


class MoveStage(Struct):
    """A deal goes to another stage; only if it is still in ``expect_stage`` and of ``expect_version``."""

    deal: str
    to_stage: str
    expect_stage: str
    key: str
    expect_version: str | None = None


class CreateTask(Struct):
    """A task for somebody about a deal. ``owner`` is the CRM's user id; ``due`` a date in ISO form."""

    deal: str
    subject: str
    body: str
    key: str
    owner: str | None = None
    due: str | None = None


class Note(Struct):
    """A note on a deal."""

    deal: str
    body: str
    key: str


Action = SetFields | MoveStage | CreateTask | Note


class Outcome(Struct):
    """What became of an action.

    applied · already: it was done before, by the same key · conflict: the deal is not what was expected · rejected: the
    CRM refused, ``rule`` and ``text`` say why · throttled: not before ``retry_at`` · forbidden: no right to.
    """

    kind: str
    rule: str = ""
    text: str = ""
    retry_at: datetime | None = None
    version: str | None = None


class Trouble(Exception):
    """Why a CRM could not be asked, in words for an operator: what is wrong, and what to do. Holds no secret."""

    def __init__(self, kind: str, message: str, hint: str, retry_at: datetime | None = None) -> None:
        """``kind``: unreachable, unauthorised, forbidden, throttled, exhausted, expired (a cursor), gone (a pipeline, a
        table), odd (an answer that is none)."""
        super().__init__(message)
        self.kind, self.message, self.hint, self.retry_at = kind, message, hint, retry_at


class BadSignature(Exception):
    """A webhook that is not from whom it says, too old, or not for us. Why is for tests; no caller is told."""


class Settings(Struct):
    """What an adapter is opened with: plain ``values`` of the source, and ``secret`` that gives a credential by name
    at the moment it is needed (None where it is not set)."""

    values: Mapping[str, Any]
    secret: Callable[[str], str | None]
    clock: Callable[[], datetime]


@runtime_checkable
class CrmAdapter(Protocol):
    """One CRM. Whatever it raises on purpose is Trouble or BadSignature."""

    def capabilities(self) -> Capabilities:
        """What it can do."""

    def describe(self) -> Description:
        """What the CRM has."""

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream: all records from the cursor on (None: from the beginning), oldest change first.

        Reading it again gives the same or more; what changes meanwhile comes later again. ``limit``: how many records
        at most; of a stream that a CRM gives by deal (its history), those of so many deals. A cursor of a moment and
        no id stands before every record of that moment.
        """

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, for a look before a write; one that is gone is not among them."""

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """What a webhook says. Raises BadSignature.

        ``headers`` are found by their names in any case. ``url`` is the one that the CRM was given, with its query.
        The adapter remembers nothing of it: who calls drops repeats by ``Webhook.id``, for where it could not be kept
        the CRM has to be able to send it again.
        """

    def close(self) -> None:
        """Ends the connection."""
