"""The token endpoint: JWT bearer, client credentials and refresh token, as OAuth and Salesforce document them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

CLIENT, SECRET = "3MVG9.consumer-key", "consumer-secret-771"
REFRESH = "5Aep861.refresh-token"
USER = "robot@acme.example"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class Door:
    """Who is let in. ``public``: the key that an assertion must be signed with; ``open``: switched on."""

    def __init__(self, public: str | bytes = b"") -> None:
        self.public, self.open, self.given, self.approved = public, True, 0, True
        self.tokens: set[str] = set()

    def ask(self, form: Mapping[str, str], headers: Mapping[str, str], now: datetime) -> tuple[int, dict[str, Any]]:
        kind = form.get("grant_type")
        client, secret = form.get("client_id"), form.get("client_secret")
        basic = headers.get("authorization", "")
        if basic.startswith("Basic "):
            client, _, secret = base64.b64decode(basic[6:]).decode().partition(":")
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._asserted(form.get("assertion", ""), now)
        if kind not in ("client_credentials", "refresh_token"):
            return _no("unsupported_grant_type", "grant type not supported")
        if client != CLIENT:
            return _no("invalid_client_id", "client identifier invalid")
        if (kind == "client_credentials" or secret) and secret != SECRET:
            return _no("invalid_client", "invalid client credentials")
        if not self.open or (kind == "refresh_token" and form.get("refresh_token") != REFRESH):
            return _no("invalid_grant", "expired access/refresh token")
        return self._in()

    def _asserted(self, assertion: str, now: datetime) -> tuple[int, dict[str, Any]]:
        try:
            claims = jwt.decode(
                assertion, self.public, algorithms=["RS256"], audience=AUDIENCES,
                options={"verify_exp": False, "require": ["exp", "aud"]},
            )  # fmt: skip
        except jwt.PyJWTError:
            return _no("invalid_grant", "invalid assertion")
        left = datetime.fromtimestamp(int(claims["exp"]), now.tzinfo) - now
        if not timedelta() < left <= timedelta(minutes=5):
            return _no("invalid_grant", "expired authorization code")
        if claims.get("iss") != CLIENT:
            return _no("invalid_client_id", "client identifier invalid")
        if not self.approved or claims.get("sub") != USER:
            return _no("invalid_grant", "user hasn't approved this consumer")
        return self._in()

    def _in(self) -> tuple[int, dict[str, Any]]:
        self.given += 1
        token = f"00D5e000000fake!AQ.access-{self.given:04}"
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "scope": "api", "signature": "c2ln"}


def _no(error: str, words: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": error, "error_description": words}
