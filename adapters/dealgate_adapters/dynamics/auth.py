"""How an app shows who it is: by a client secret, or by signing with the key of a certificate that Entra ID knows."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dealgate.ports import Settings, Trouble

from .._api import secret_of
from .._jwt import pem, signer, url64

LASTS = timedelta(minutes=10)
"""How long what was signed may be used."""
_SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def shown(settings: Settings, client: str, endpoint: str) -> Mapping[str, str]:
    """What goes with a request for a token to its ``endpoint``. Raises Trouble."""
    key = settings.secret("private_key")
    if not key:
        return {"client_secret": secret_of(settings, "client_secret")}
    now = settings.clock()
    claims = {
        "aud": endpoint, "iss": client, "sub": client, "jti": str(uuid.uuid4()),
        "nbf": int(now.timestamp()), "exp": int((now + LASTS).timestamp()),
    }  # fmt: skip
    said = _assertion(key, secret_of(settings, "certificate"), claims)
    return {"client_assertion_type": _SIGNED, "client_assertion": said}


def _assertion(key: str, certificate: str, claims: Mapping[str, Any]) -> str:
    """The claims, signed (RFC 7523; PS256, with the certificate's SHA-256 in `x5t#S256`). Raises Trouble."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        sign = signer(key, "PS256")
    except ImportError:
        raise Trouble(
            "unauthorised", "Signing with a certificate needs the package cryptography.",
            'pip install "dealgate[dynamics]", or set `client_secret` instead',
        ) from None  # fmt: skip
    try:
        der = x509.load_pem_x509_certificate(pem(certificate)).public_bytes(Encoding.DER)
    except (ValueError, TypeError):
        sign = None
    if sign is None:
        raise Trouble(
            "unauthorised", "The credentials `private_key` and `certificate` are no RSA key and certificate in PEM.",
            "export both without a password, as text that begins with -----BEGIN",
        )  # fmt: skip
    return sign(claims, {"x5t#S256": url64(hashlib.sha256(der).digest())})
