"""Signing in: by a client secret, or by a certificate whose key signs."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from tests.adapters.dynamics.rig import settings
from tests.fakes.dynamics import CLIENT, TENANT, Dynamics

from dealgate.ports import Trouble
from dealgate_adapters.dynamics import Dynamics as Adapter

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dealgate")])


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip


def adapter(crm: Dynamics, secrets: Mapping[str, str]) -> Adapter:
    return Adapter(settings(crm).replace(secret=secrets.get))


def opened(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_certificate_lets_the_app_in(
    crm: Dynamics, key: rsa.RSAPrivateKey, certificate: x509.Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, object]] = []

    def signed(form: Mapping[str, str]) -> bool:
        head, claims, signature = form["client_assertion"].split(".")
        der = certificate.public_bytes(serialization.Encoding.DER)
        assert form["client_assertion_type"].endswith("jwt-bearer") and "client_secret" not in form
        said = json.loads(opened(head))
        assert (said["alg"], opened(said["x5t#S256"])) == ("PS256", hashlib.sha256(der).digest())
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        key.public_key().verify(opened(signature), f"{head}.{claims}".encode(), pss, hashes.SHA256())
        told.append(json.loads(opened(claims)))
        return True

    monkeypatch.setattr(crm, "signed", signed)
    made = adapter(
        crm, {"private_key": pem(key), "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}
    )
    assert len(made.pull("users", None, 10).records) == 2
    [claims] = told
    assert (claims["aud"], claims["iss"], claims["sub"]) == (f"{crm.url}/{TENANT}/oauth2/v2.0/token", CLIENT, CLIENT)
    now = int(crm.now.timestamp())
    assert claims["nbf"] == now and claims["exp"] == now + 600
    made.close()


def test_a_key_and_a_certificate_whose_lines_are_joined_are_read(
    crm: Dynamics, key: rsa.RSAPrivateKey, certificate: x509.Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm, "signed", lambda form: "client_assertion" in form)
    texts = {"private_key": pem(key), "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}
    made = adapter(crm, {name: text.replace("\n", "\\n") for name, text in texts.items()})
    assert len(made.pull("users", None, 10).records) == 2
    made.close()


@pytest.mark.parametrize("kind", ["text", "elliptic", "certificate"])
def test_a_key_that_is_none_is_told_without_showing_it(
    crm: Dynamics, key: rsa.RSAPrivateKey, certificate: x509.Certificate, kind: str
) -> None:
    secrets = {"private_key": pem(key), "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}
    if kind == "certificate":
        secrets["certificate"] = "nothing-7d1f"
    else:
        secrets["private_key"] = "nothing-7d1f" if kind == "text" else pem(ec.generate_private_key(ec.SECP256R1()))
    made = adapter(crm, secrets)
    with pytest.raises(Trouble, match="RSA key and certificate") as raised:
        made.pull("users", None, 10)
    assert raised.value.kind == "unauthorised" and "nothing-7d1f" not in raised.value.message + raised.value.hint
    made.close()


def test_a_key_without_its_certificate_is_told(crm: Dynamics, key: rsa.RSAPrivateKey) -> None:
    made = adapter(crm, {"private_key": pem(key)})
    with pytest.raises(Trouble, match="`certificate`"):
        made.pull("users", None, 10)
    made.close()
