"""The tables. Moments are microseconds since 1970 in UTC; JSON is text; personal values stand in ``person`` alone."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import Integer, TypeEngine
from sqlmodel import Field, SQLModel

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every version of the tables, the present one last; a test holds them to the migrations."""
VERSION_TABLE = "dealgate_version"
APPEND_ONLY = (
    "audit",
    "child_shape",
    "child_version",
    "coaching_action",
    "coaching_result",
    "deal",
    "field",
    "field_event",
    "forecast_call",
    "forecast_snapshot",
    "override",
    "override_event",
    "person_digest",
    "playbook_version",
    "pull",
    "pull_cover",
    "snooze",
    "source",
)
"""The tables whose rows are never changed and never go."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _big() -> TypeEngine[int]:
    # SQLite's row number is an INTEGER, of eight bytes all the same.
    return BigInteger().with_variant(Integer(), "sqlite")


def _key() -> Column[int]:
    """Given by the writer, who holds the lock; so that rows can be sent in bulk."""
    return Column(_big(), primary_key=True, autoincrement=False)


def _of(table: str) -> Column[int]:
    return Column(_big(), ForeignKey(f"{table}.id"), nullable=False)


def _number(*, null: bool = False) -> Column[int]:
    return Column(_big(), nullable=null)


def _text(*, null: bool = False) -> Column[str]:
    return Column(Text, nullable=null)


class Table(SQLModel):
    """The base: tables of the store's own metadata."""

    metadata = METADATA


class Source(Table, table=True):
    """Where deals come from."""

    id: int = Field(sa_column=_key())
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))


class PlaybookVersion(Table, table=True):
    """A playbook that deals were read by: ``canonical`` is its canonical JSON."""

    __tablename__ = "playbook_version"
    id: int = Field(sa_column=_key())
    digest: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    canonical: str = Field(sa_column=_text())


class Pull(Table, table=True):
    """One reading of a source: of the records of one kind, seen at a moment, learned at another.

    Several ingests that share all these are one pull in parts. ``playbook`` is a digest, or empty.
    """

    __table_args__ = (UniqueConstraint("source", "record", "seen_at", "recorded_at", "playbook"),)
    id: int = Field(sa_column=_key())
    source: int = Field(sa_column=_of("source"))
    record: str = Field(sa_column=_text())
    seen_at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())
    playbook: str = Field(sa_column=_text())


class PullCover(Table, table=True):
    """What a pull saw: pairs of deal and field (``kind`` events) or deal and collection (children), packed."""

    __tablename__ = "pull_cover"
    id: int = Field(sa_column=_key())
    pull: int = Field(sa_column=_of("pull"))
    kind: str = Field(sa_column=_text())
    pairs: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DealRow(Table, table=True):
    """A deal or lead of a source, by the source's own id."""

    __tablename__ = "deal"
    __table_args__ = (UniqueConstraint("source", "record", "external"),)
    id: int = Field(sa_column=_key())
    source: int = Field(sa_column=_of("source"))
    record: str = Field(sa_column=_text())
    external: str = Field(sa_column=_text())


class FieldName(Table, table=True):
    """The name of a field or a collection."""

    __tablename__ = "field"
    id: int = Field(sa_column=_key())
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))


class FieldEvent(Table, table=True):
    """From ``at`` on (null: before all that is told) a field had a value; a person's stands in ``person``.

    ``origin``: 0 told, 1 dated, 2 seen. ``recorded_at`` is the pull's. ``again`` is 1 where the same is there with a
    later ``recorded_at`` already; then the earlier counts.
    """

    __tablename__ = "field_event"
    __table_args__ = (Index(None, "deal"),)
    id: int = Field(sa_column=_key())
    deal: int = Field(sa_column=_of("deal"))
    field: int = Field(sa_column=_number())
    value: str | None = Field(sa_column=_text(null=True))
    person: int | None = Field(sa_column=_number(null=True))
    at: int | None = Field(sa_column=_number(null=True))
    turn: int = Field(sa_column=_number())
    by_person: int | None = Field(sa_column=_number(null=True))
    channel: str | None = Field(sa_column=_text(null=True))
    origin: int = Field(sa_column=Column(SmallInteger, nullable=False))
    recorded_at: int = Field(sa_column=_number())
    pull: int = Field(sa_column=_of("pull"))
    again: int = Field(sa_column=Column(SmallInteger, nullable=False))


class ChildVersion(Table, table=True):
    """From ``at`` on the record at ``place`` of a deal's collection was ``record`` (canonical JSON; null: gone)."""

    __tablename__ = "child_version"
    __table_args__ = (Index(None, "deal"),)
    id: int = Field(sa_column=_key())
    deal: int = Field(sa_column=_of("deal"))
    field: int = Field(sa_column=_number())
    place: int = Field(sa_column=_number())
    record: str | None = Field(sa_column=_text(null=True))
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())
    pull: int = Field(sa_column=_of("pull"))
    again: int = Field(sa_column=Column(SmallInteger, nullable=False))


class ChildShape(Table, table=True):
    """The types of a collection's columns as a pull brought them: JSON of name and type."""

    __tablename__ = "child_shape"
    id: int = Field(sa_column=_key())
    pull: int = Field(sa_column=_of("pull"))
    field: int = Field(sa_column=_number())
    columns: str = Field(sa_column=_text())


class OverrideRow(Table, table=True):
    """A request for an override; ``ident`` is its random id. ``requester``, ``owner`` and ``text`` stand in ``person``.

    ``playbook`` is the rule's id and version, ``digest`` its hash; ``until`` the last day asked for, as text.
    """

    __tablename__ = "override"
    id: int = Field(sa_column=_key())
    ident: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    deal: int = Field(sa_column=_of("deal"))
    criterion: str = Field(sa_column=_text())
    playbook: str = Field(sa_column=_text())
    digest: str = Field(sa_column=_text())
    reason: str = Field(sa_column=_text())
    text: int = Field(sa_column=_number())
    requester: int = Field(sa_column=_number())
    owner: int | None = Field(sa_column=_number(null=True))
    until: str | None = Field(sa_column=_text(null=True))
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class OverrideEvent(Table, table=True):
    """A decision on an override: ``what`` is approved (until ``expires``), denied or revoked; ``by`` and ``why`` stand
    in ``person``."""

    __tablename__ = "override_event"
    id: int = Field(sa_column=_key())
    override: int = Field(sa_column=_of("override"))
    what: str = Field(sa_column=_text())
    by: int = Field(sa_column=_number())
    expires: str | None = Field(sa_column=_text(null=True))
    why: int | None = Field(sa_column=_number(null=True))
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class Person(Table, table=True):
    """It changes: a personal value by a random id. Erased ones have neither value nor salt."""

    id: int = Field(sa_column=_key())
    value: str | None = Field(sa_column=_text(null=True))
    salt: str | None = Field(sa_column=_text(null=True))


class PersonDigest(Table, table=True):
    """SHA-256 of a person's salt and value. Once the salt is gone nobody can try values against it."""

    __tablename__ = "person_digest"
    id: int = Field(sa_column=_key())
    digest: str = Field(sa_column=_text())


class Outbox(Table, table=True):
    """It changes: a write into a CRM, by the key that makes it one, and how far it came (``store/outbox``).

    What is written stands in the plan alone; ``digest`` is that action's. ``version``: the deal's afterwards, where the
    CRM told it; ``expected``: the version it was sent for. ``place``: its order within the plan.
    """

    key: str = Field(sa_column=Column(Text, primary_key=True))
    source: int = Field(sa_column=_of("source"))
    plan: str = Field(sa_column=_text())
    place: int = Field(sa_column=_number())
    deal: str = Field(sa_column=_text())
    kind: str = Field(sa_column=_text())
    target: str = Field(sa_column=_text())
    visit: str = Field(sa_column=_text())
    digest: str = Field(sa_column=_text())
    state: str = Field(sa_column=_text())
    outcome: str = Field(sa_column=_text())
    rule: str = Field(sa_column=_text())
    expected: str | None = Field(sa_column=_text(null=True))
    version: str | None = Field(sa_column=_text(null=True))
    planned_at: int = Field(sa_column=_number())
    sent_at: int | None = Field(sa_column=_number(null=True))
    ended_at: int | None = Field(sa_column=_number(null=True))


class Enforcement(Table, table=True):
    """A plan that was carried out to its end: how far the store had come when it was made."""

    id: int = Field(sa_column=_key())
    source: int = Field(sa_column=_of("source"))
    plan: str = Field(sa_column=_text())
    playbook: str = Field(sa_column=_text())
    events: int = Field(sa_column=_number())
    children: int = Field(sa_column=_number())
    seen_at: int = Field(sa_column=_number())
    at: int = Field(sa_column=_number())


class FindingRow(Table, table=True):
    """It changes: a finding of a process's inspection, open from ``since`` until ``gone`` (null: still); ``seen`` is
    the last moment it was found at. An owner it is on stands in ``person``, and ``subject`` is empty."""

    __tablename__ = "finding"
    id: int = Field(sa_column=_key())
    process: str = Field(sa_column=_text())
    inspection: str = Field(sa_column=_text())
    rule: str = Field(sa_column=_text())
    scope: str = Field(sa_column=_text())
    subject: str = Field(sa_column=_text())
    person: int | None = Field(sa_column=_number(null=True))
    severity: str = Field(sa_column=_text())
    since: int = Field(sa_column=_number())
    seen: int = Field(sa_column=_number())
    gone: int | None = Field(sa_column=_number(null=True))


class SnoozeRow(Table, table=True):
    """A finding silenced up to and with the day ``until``; ``reason`` and ``by`` stand in ``person``."""

    __tablename__ = "snooze"
    id: int = Field(sa_column=_key())
    process: str = Field(sa_column=_text())
    rule: str = Field(sa_column=_text())
    scope: str = Field(sa_column=_text())
    subject: str = Field(sa_column=_text())
    person: int | None = Field(sa_column=_number(null=True))
    reason: int = Field(sa_column=_number())
    by: int = Field(sa_column=_number())
    until: str = Field(sa_column=_text())
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class CoachingAction(Table, table=True):
    """A commitment: ``who``, ``by``, ``origin`` and the words of ``action`` stand in ``person``; days are ISO dates."""

    __tablename__ = "coaching_action"
    id: int = Field(sa_column=_key())
    ident: str = Field(sa_column=Column(Text(), nullable=False, unique=True))
    who: int = Field(sa_column=_number())
    team: str | None = Field(sa_column=_text(null=True))
    deal: str | None = Field(sa_column=_text(null=True))
    theme: str = Field(sa_column=_text())
    origin: int | None = Field(sa_column=_number(null=True))
    action: int = Field(sa_column=_number())
    due: str = Field(sa_column=_text())
    agreed: str = Field(sa_column=_text())
    by: int = Field(sa_column=_number())
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class CoachingResult(Table, table=True):
    """What came of a commitment, said once: done or missed; ``by`` and the words of ``result`` stand in ``person``."""

    __tablename__ = "coaching_result"
    id: int = Field(sa_column=_key())
    action: int = Field(sa_column=Column(_big(), ForeignKey("coaching_action.id"), nullable=False, unique=True))
    state: str = Field(sa_column=_text())
    result: int | None = Field(sa_column=_number(null=True))
    ended: str = Field(sa_column=_text())
    by: int = Field(sa_column=_number())
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class ForecastCall(Table, table=True):
    """What somebody says a period will bring: ``owner``, ``by`` and the words of ``reason`` stand in ``person``; days
    are ISO dates, amounts minor units. ``deal`` is a source's own id. What is null is not called, or was not known."""

    __tablename__ = "forecast_call"
    id: int = Field(sa_column=_key())
    ident: str = Field(sa_column=Column(Text(), nullable=False, unique=True))
    first: str = Field(sa_column=_text())
    last: str = Field(sa_column=_text())
    layer: str = Field(sa_column=_text())
    owner: int | None = Field(sa_column=_number(null=True))
    team: str | None = Field(sa_column=_text(null=True))
    deal: str | None = Field(sa_column=_text(null=True))
    amount: int | None = Field(sa_column=_number(null=True))
    currency: str | None = Field(sa_column=_text(null=True))
    amount_before: int | None = Field(sa_column=_number(null=True))
    currency_before: str | None = Field(sa_column=_text(null=True))
    category: str | None = Field(sa_column=_text(null=True))
    category_before: str | None = Field(sa_column=_text(null=True))
    reason: int = Field(sa_column=_number())
    by: int = Field(sa_column=_number())
    at: int = Field(sa_column=_number())
    recorded_at: int = Field(sa_column=_number())


class ForecastSnapshot(Table, table=True):
    """What a method said of a period at one of its moments; ``owner`` stands in ``person``. ``reason``: why there is no
    amount; else empty. ``digest`` is the playbook's."""

    __tablename__ = "forecast_snapshot"
    id: int = Field(sa_column=_key())
    first: str = Field(sa_column=_text())
    last: str = Field(sa_column=_text())
    moment: str = Field(sa_column=_text())
    method: str = Field(sa_column=_text())
    view: str = Field(sa_column=_text())
    owner: int | None = Field(sa_column=_number(null=True))
    team: str | None = Field(sa_column=_text(null=True))
    currency: str = Field(sa_column=_text())
    amount: int | None = Field(sa_column=_number(null=True))
    p10: int | None = Field(sa_column=_number(null=True))
    p50: int | None = Field(sa_column=_number(null=True))
    p90: int | None = Field(sa_column=_number(null=True))
    reason: str = Field(sa_column=_text())
    digest: str = Field(sa_column=_text())
    as_of: int = Field(sa_column=_number())
    known_at: int = Field(sa_column=_number())
    taken_at: int = Field(sa_column=_number())


class Audit(Table, table=True):
    """What was done, as a chain: ``hash`` is over the canonical JSON of all else, ``previous`` among it."""

    id: int = Field(sa_column=_key())
    at: int = Field(sa_column=_number())
    actor: str = Field(sa_column=_text())
    action: str = Field(sa_column=_text())
    payload: str = Field(sa_column=_text())
    previous: str = Field(sa_column=_text())
    hash: str = Field(sa_column=_text())
