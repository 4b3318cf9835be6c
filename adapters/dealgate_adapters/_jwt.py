"""A JSON Web Token (RFC 7519) signed with an RSA key, by which some CRMs let a program in. Needs `cryptography`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Protocol


class Sign(Protocol):
    """Makes a token of claims; ``head``: what stands beside the algorithm."""

    def __call__(self, claims: Mapping[str, Any], head: Mapping[str, str] = {}) -> str:
        """The token."""


def pem(text: str) -> bytes:
    """What a credential holds in PEM: in an environment variable its lines are often joined."""
    return text.replace("\\n", "\n").encode()


def signer(text: str, alg: str) -> Sign | None:
    """What signs with the private key of a PEM text, by RS256 or PS256; None where that is no RSA key, or has a
    password. Raises ImportError."""
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem(text), None)
    except (ValueError, TypeError):
        return None
    if not isinstance(key, RSAPrivateKey):
        return None
    padding = PSS(MGF1(SHA256()), SHA256.digest_size) if alg == "PS256" else PKCS1v15()

    def sign(claims: Mapping[str, Any], head: Mapping[str, str] = {}) -> str:
        parts = ({"alg": alg, "typ": "JWT", **head}, claims)
        told = ".".join(url64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return f"{told}.{url64(key.sign(told.encode(), padding, SHA256()))}"

    return sign


def url64(raw: bytes) -> str:
    """Base64 as a URL may hold it, without its fill."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
