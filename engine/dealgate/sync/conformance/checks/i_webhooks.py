"""Webhooks"""

from __future__ import annotations

from datetime import datetime, timedelta

from dealgate.ports import BadSignature, CrmAdapter, Reference, Webhook

from ...headers import Headers
from ..lab import Lab
from ..rig import Delivery

OLD = timedelta(days=1)


def a_genuine_webhook_names_its_records(lab: Lab) -> None:
    """A genuine webhook names the records that it speaks of."""
    adapter, deal, one = _delivered(lab)
    said = _taken(adapter, one, one.at)
    lab.hold(
        said is not None and Reference("deals", deal) in said.refs, "the deal that was changed",
        "BadSignature" if said is None else ", ".join(f"{ref.stream} {ref.id}" for ref in said.refs) or "nothing",
        "Check the signature over the raw body, byte for byte, as the CRM documents it.",
    )  # fmt: skip


def a_forged_webhook_is_refused(lab: Lab) -> None:
    """A webhook whose body or signature is not the CRM's is refused."""
    adapter, _, one = _delivered(lab)
    bare = {name: value for name, value in one.headers.items() if one.body and name.casefold() == "content-type"}
    turned = {name: value[::-1] if len(value) > 16 else value for name, value in one.headers.items()}
    for what, forged in (
        ("with another body", one.replace(body=one.body.replace(b":", b": ", 1) + b" ")),
        ("without a signature", one.replace(headers=bare)),
        ("with another signature", one.replace(headers=turned)),
    ):
        if forged.body != one.body and not one.covers_body:
            continue
        said = _taken(adapter, forged, one.at)
        lab.hold(
            said is None, f"BadSignature for a webhook {what}", "it was taken", "Refuse what is not signed by the CRM."
        )


def a_webhook_from_long_ago_is_refused(lab: Lab) -> None:
    """A webhook that comes a day late is refused."""
    adapter, _, one = _delivered(lab)
    said = _taken(adapter, one, one.at + OLD)
    lab.hold(said is None, "BadSignature", "it was taken", "Refuse what was signed longer ago than some minutes.")


def a_webhook_that_comes_again_has_the_id_that_it_had(lab: Lab) -> None:
    """A webhook that comes again has the id that it had, in another process too."""
    adapter, _, one = _delivered(lab)
    first = _taken(adapter, one, one.at)
    lab.need(first is None or first.id != "", "nothing in the CRM's webhooks tells a repeat from a second change")
    for again in (_taken(adapter, one, one.at), _taken(lab.adapter(), one, one.at)):
        lab.hold(
            first is not None and again is not None and again.id == first.id, "the same id",
            "BadSignature" if first is None or again is None else "another id",
            "Take the id from the delivery, and remember nothing: dealgate drops repeats by it.",
        )  # fmt: skip


def a_later_webhook_has_another_id(lab: Lab) -> None:
    """A webhook of a later change has another id."""
    adapter, deal, one = _delivered(lab)
    first = _taken(adapter, one, one.at)
    lab.need(first is None or first.id != "", "nothing in the CRM's webhooks tells a repeat from a second change")
    lab.rig.tick()
    lab.rig.move(deal, lab.rig.stages()[1])
    later = lab.rig.delivery(deal)
    second = _taken(adapter, later, later.at)
    lab.hold(
        first is not None and second is not None and second.id != first.id, "another id",
        "BadSignature" if first is None or second is None else "the same id",
        "Take the id of the delivery, not of the subscription or the record: what has an id that was seen is dropped.",
    )  # fmt: skip


def without_webhooks_every_one_is_refused(lab: Lab) -> None:
    """An adapter that declares no webhooks refuses every one."""
    lab.need(not lab.able.webhooks, "the adapter declares webhooks")
    said = _taken(lab.adapter(), Delivery({}, b"{}", "https://here.example/hook", lab.rig.now()), lab.rig.now())
    lab.hold(said is None, "BadSignature", "it was taken", "Raise BadSignature, or declare `webhooks`.")


def _delivered(lab: Lab) -> tuple[CrmAdapter, str, Delivery]:
    lab.need(lab.able.webhooks, "the adapter declares no webhooks")
    deal = lab.deal()
    return lab.adapter(), deal, lab.rig.delivery(deal)


def _taken(adapter: CrmAdapter, one: Delivery, now: datetime) -> Webhook | None:
    """What it says; None where it was refused."""
    try:
        return adapter.parse_webhook(Headers(one.headers), one.body, one.url, now)
    except BadSignature:
        return None
