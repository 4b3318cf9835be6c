"""A key and its certificate, made once a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem() -> str:
    """The private key."""
    form, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return _key().private_bytes(serialization.Encoding.PEM, form, no).decode()


def public() -> bytes:
    """Its public half."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _key().public_key().public_bytes(serialization.Encoding.PEM, form)


@cache
def certificate() -> str:
    """One that nobody signed but the key itself, for this machine."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_key().public_key())
    made = made.serial_number(x509.random_serial_number()).add_extension(names, critical=False)
    made = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    return made.sign(_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
