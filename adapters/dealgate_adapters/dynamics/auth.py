"""How an app shows who it is: by a client secret, or by signing with the key of a certificate that Entra ID knows."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dealgate.ports import Settings, Trouble

from .._api import secret_of

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
    signed = _assertion(key, secret_of(settings, "certificate"), claims)
    return {"client_assertion_type": _SIGNED, "client_assertion": signed}


def _assertion(key: str, certificate: str, claims: Mapping[str, Any]) -> str:
    """The claims, signed (RFC 7523; PS256, with the certificate's SHA-256 in `x5t#S256`). Raises Trouble."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError:
        raise Trouble(
            "unauthorised", "Signing with a certificate needs the package cryptography.",
            'pip install "dealgate[dynamics]", or set `client_secret` instead',
        ) from None  # fmt: skip
    try:
        # in an environment variable they often have their lines joined
        pem, cert = (text.replace("\\n", "\n").encode() for text in (key, certificate))
        private = serialization.load_pem_private_key(pem, None)
        der = x509.load_pem_x509_certificate(cert).public_bytes(serialization.Encoding.DER)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise Trouble(
            "unauthorised", "The credentials `private_key` and `certificate` are no RSA key and certificate in PEM.",
            "export both without a password, as text that begins with -----BEGIN",
        )  # fmt: skip
    head = {"alg": "PS256", "typ": "JWT", "x5t#S256": _url(hashlib.sha256(der).digest())}
    text = ".".join(_url(json.dumps(part).encode()) for part in (head, claims))
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
    return f"{text}.{_url(private.sign(text.encode(), pss, hashes.SHA256()))}"


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
