"""How we are let in: by a signed assertion, by an app's own credentials, or by a refresh token.

Which one is seen from the credentials that are set: ``private_key`` (JWT bearer), ``refresh_token``, or
``client_secret`` alone (client credentials); ``client_id`` goes with each. Salesforce does not say how long a token
lasts: it is renewed when it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dealgate.ports import Settings, Trouble

from .._api import granted, secret_of
from .._http import Http
from .._jwt import signer

PATH = "/services/oauth2/token"
LASTS = timedelta(minutes=3)
"""How long an assertion holds. Salesforce takes none that ends later than five minutes from now."""
_OFF = timedelta(minutes=1)
_HINT = (
    "check the credentials of the source; in Salesforce, that the app has this flow switched on, that its policy lets "
    "the user in, and that neither a new secret was made nor the access revoked"
)


def grant(settings: Settings, http: Http) -> Mapping[str, Any]:
    """What the token endpoint answers: ``access_token``, ``instance_url`` and ``id``. Raises Trouble."""
    try:
        if settings.secret("private_key"):
            return _by_assertion(settings, http)
        client = secret_of(settings, "client_id")
        if settings.secret("refresh_token"):
            form = {"grant_type": "refresh_token", "refresh_token": secret_of(settings, "refresh_token")}
            if settings.secret("client_secret"):
                form["client_secret"] = secret_of(settings, "client_secret")
        else:
            form = {"grant_type": "client_credentials", "client_secret": secret_of(settings, "client_secret")}
        return granted(http, PATH, {**form, "client_id": client})
    except Trouble as trouble:
        if trouble.kind == "unauthorised" and "does not renew" in trouble.message:
            raise Trouble(trouble.kind, trouble.message, _HINT) from None
        raise


def _by_assertion(settings: Settings, http: Http) -> Mapping[str, Any]:
    """By our clock; if that is refused and our clock is off, by the server's."""
    now = settings.clock()
    try:
        return _asserted(settings, http, now)
    except Trouble as trouble:
        if trouble.kind != "unauthorised" or not trouble.message.startswith(http.host):
            raise
        # the list of API versions needs no token and costs nothing of the allowance
        theirs = http.ask("GET", "/services/data/", repeat=True).now
        if theirs is None or abs(theirs - now) < _OFF:
            raise
    return _asserted(settings, http, theirs)


def _asserted(settings: Settings, http: Http, now: datetime) -> Mapping[str, Any]:
    user = str(settings.values.get("user") or "")
    if not user:
        raise Trouble("unauthorised", "The source lacks `user`.", "give the user name that dealgate acts for as `user`")
    host = urlsplit(http.base).hostname or ""
    usual = "https://test.salesforce.com" if ".sandbox." in host else "https://login.salesforce.com"
    claims = {
        "iss": secret_of(settings, "client_id"), "sub": user, "aud": str(settings.values.get("audience") or usual),
        "exp": int((now + LASTS).timestamp()),
    }  # fmt: skip
    said = assertion(secret_of(settings, "private_key"), claims)
    return granted(http, PATH, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": said})


def assertion(text: str, claims: Mapping[str, Any]) -> str:
    """The claims, signed by RS256. Raises Trouble where the key is none."""
    try:
        sign = signer(text, "RS256")
    except ImportError:
        raise Trouble(
            "unauthorised", "A private key needs the package `cryptography`.",
            "install dealgate with it, as dealgate[salesforce], or use `client_secret`",
        ) from None  # fmt: skip
    if sign is None:
        raise Trouble(
            "unauthorised", "The credential `private_key` is no RSA key.",
            "give the whole PEM text without a passphrase, from -----BEGIN to END-----",
        )  # fmt: skip
    return sign(claims)
