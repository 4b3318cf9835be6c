"""A CRM's own words, fit to be shown: on one line, short, and without what is secret, in whatever form it is there."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

LONGEST = 400
_SHORTEST = 4
"""Characters of a secret; a shorter one would blot out half of every text."""


def hidden(text: object, secrets: Iterable[str | None]) -> str:
    """The text with ``…`` for each secret, as it is or as an address, a JSON text or a header writes it."""
    told = str(text)
    found = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(found, key=len, reverse=True):
        told = told.replace(form, "…")
    return " ".join(told.split())[:LONGEST]


def _forms(secret: str) -> Iterable[str]:
    for one in {secret, secret.strip(), *secret.splitlines()}:
        if len(one) < _SHORTEST:
            continue
        yield from (one, quote(one, safe=""), quote_plus(one), json.dumps(one)[1:-1])
        raw = one.encode()
        # within something longer, as a name and a password, it begins anywhere in a group of three bytes
        for skipped in range(3):
            whole = raw[skipped : len(raw) - (len(raw) - skipped) % 3]
            if len(whole) >= _SHORTEST:
                yield from (b64encode(whole).decode(), urlsafe_b64encode(whole).decode())
