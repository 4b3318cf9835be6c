"""Webhooks"""

from __future__ import annotations

from datetime import datetime, timedelta

from dealgate.ports import BadSignature, CrmAdapter, Reference

from ..lab import Lab
from ..rig import Delivery

OLD = timedelta(days=1)


def a_genuine_webhook_names_its_records(lab: Lab) -> None:
    """A genuine webhook names the records that it speaks of."""
    adapter, deal, one = _delivered(lab)
    refs = _taken(adapter, one, one.at)
    lab.hold(
        refs is not None and Reference("deals", deal) in refs, "the deal that was changed",
        "BadSignature" if refs is None else ", ".join(f"{ref.stream} {ref.id}" for ref in refs) or "nothing",
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
        refs = _taken(adapter, forged, one.at)
        lab.hold(
            refs is None, f"BadSignature for a webhook {what}", "it was taken", "Refuse what is not signed by the CRM."
        )


def a_webhook_from_long_ago_is_refused(lab: Lab) -> None:
    """A webhook that comes a day late is refused."""
    adapter, _, one = _delivered(lab)
    refs = _taken(adapter, one, one.at + OLD)
    lab.hold(refs is None, "BadSignature", "it was taken", "Refuse what was signed longer ago than some minutes.")


def a_webhook_that_is_repeated_is_refused(lab: Lab) -> None:
    """A webhook that was taken is refused when it comes again."""
    adapter, _, one = _delivered(lab)
    _taken(adapter, one, one.at)
    refs = _taken(adapter, one, one.at)
    lab.hold(refs is None, "BadSignature", "it was taken again", "Remember what came within the time that is allowed.")


def without_webhooks_every_one_is_refused(lab: Lab) -> None:
    """An adapter that declares no webhooks refuses every one."""
    lab.need(not lab.able.webhooks, "the adapter declares webhooks")
    refs = _taken(lab.adapter(), Delivery({}, b"{}", "https://here.example/hook", lab.rig.now()), lab.rig.now())
    lab.hold(refs is None, "BadSignature", "it was taken", "Raise BadSignature, or declare `webhooks`.")


def _delivered(lab: Lab) -> tuple[CrmAdapter, str, Delivery]:
    lab.need(lab.able.webhooks, "the adapter declares no webhooks")
    deal = lab.deal()
    return lab.adapter(), deal, lab.rig.delivery(deal)


def _taken(adapter: CrmAdapter, one: Delivery, now: datetime) -> list[Reference] | None:
    """What it speaks of; None where it was refused."""
    try:
        return adapter.parse_webhook(one.headers, one.body, one.url, now)
    except BadSignature:
        return None
