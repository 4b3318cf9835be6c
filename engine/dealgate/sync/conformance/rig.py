"""The rig: a CRM that the suite may do with as it likes, a fake or a real server, and an adapter on it.

Subclass ``Rig``. What is marked abstract is needed. The rest says ``Cannot`` until it is written, and the checks that
need it are skipped with that reason.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from dealgate.model.struct import Struct, field
from dealgate.ports import Action, CrmAdapter

FAULTS: Mapping[str, str] = {
    "throttled": "too many requests, and the CRM says when it lets us in again: in an hour",
    "throttled-blind": "too many requests, and the CRM does not say until when",
    "server-error": "the CRM fails with an error of its own, as a status 500",
    "lost": "the connection breaks off, and no answer comes",
    "token": "the token that the adapter uses has expired; until `heal`, if it is one that a person has to renew",
    "cursor": "the CRM does not know the cursor any more",
    "hang": "the CRM begins to answer and never ends",
    "flood": "the CRM answers without end",
}
"""What a rig can make a CRM do, and what each is."""


class Cannot(Exception):
    """Raised by a rig for what it cannot do; the check is skipped, and this is its reason."""


class Deal(Struct):
    """A deal as it stands in the CRM. ``values``: the fields of ``Rig.fields``, as the CRM has them; ``links``: the
    ids of the accounts and users that it points to, as records of those streams have them."""

    stage: str
    values: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()


class Truth(Struct):
    """What stands in the CRM, read without the adapter. ``tasks``: (deal, subject); ``notes``: (deal, text)."""

    deals: Mapping[str, Deal]
    tasks: Sequence[tuple[str, str]] = ()
    notes: Sequence[tuple[str, str]] = ()


class Refusal(Struct):
    """Something that the CRM refuses to do, and words that it says then."""

    action: Action
    words: str


class Delivery(Struct):
    """A webhook as it came in, genuine and at its time. ``covers_body``: False where the CRM signs nothing and sends a
    password along, so that nobody can tell a body that was changed on the way."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    at: datetime
    covers_body: bool = True


class Rig(Protocol):
    """One CRM. Made anew for every check; other deals may stand in it already."""

    fields: Mapping[str, tuple[Any, Any]]
    """Fields of a deal that may be written, by the CRM's names, with two values that each can take."""
    stage_field: str
    """The field in a deal's record that holds its stage."""
    history_fields: Mapping[str, str] = {}
    """In a record of ``stage_changes``, the fields that hold ``stage`` (the one moved to), ``at`` (when) and ``by``
    (who). Empty where there is no history."""
    secrets: ClassVar[Sequence[str]] = ()
    """Every secret that the adapter was given or can see: none of them may ever be shown."""
    faults: ClassVar[frozenset[str]] = frozenset()
    """The faults, of ``FAULTS``, that it can make."""
    patience: float = 30.0
    """Seconds after which an adapter that waits for an answer counts as hung. More than the adapter's own limit."""

    @abstractmethod
    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        """A fresh adapter on the CRM, as another process would open it. ``Settings.clock`` is off by this much."""

    @abstractmethod
    def now(self) -> datetime:
        """The CRM's clock."""

    @abstractmethod
    def tick(self) -> None:
        """Lets the CRM's clock move on: what is written after it has a later moment than what was before. Without it,
        records share a moment where the CRM's clock allows it."""

    @abstractmethod
    def stages(self) -> Sequence[str]:
        """Two stages or more, in an order in which a deal can be moved from each to the next."""

    @abstractmethod
    def put_deal(self, stage: str, **values: Any) -> str:
        """Somebody makes a deal; its id. It belongs to an account and an owner, where the CRM has such."""

    @abstractmethod
    def move(self, deal: str, stage: str) -> str | None:
        """Somebody moves a deal; who, as the history will say it (None where the rig cannot tell)."""

    @abstractmethod
    def edit(self, deal: str, **values: Any) -> None:
        """Somebody changes fields of a deal."""

    @abstractmethod
    def truth(self) -> Truth:
        """What stands in the CRM now."""

    def delete(self, deal: str) -> None:
        """Somebody deletes a deal."""
        raise Cannot("the rig cannot delete a deal")

    def fail(self, kind: str, when: str = "before") -> None:
        """The next request fails in this way: ``before`` it is done, or ``after`` it was done."""
        raise Cannot("the rig makes no faults")

    def heal(self) -> int:
        """Faults that have not struck are taken back, and an expired token is renewed. How many struck since ``fail``:
        none, if the adapter made no request."""
        return 0

    def requests(self) -> int:
        """How many requests the CRM has had."""
        raise Cannot("the rig does not count requests")

    def refusal(self, deal: str, key: str) -> Refusal:
        """An action on this deal that the CRM refuses by a rule of its own."""
        raise Cannot("the rig has no rule of the CRM to show")

    def delivery(self, deal: str) -> Delivery:
        """A webhook that tells of this deal, as the CRM signs it."""
        raise Cannot("the rig sends no webhooks")

    def close(self) -> None:
        """Ends the CRM, or leaves it for the next."""
