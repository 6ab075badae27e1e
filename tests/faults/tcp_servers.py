"""Servers on loopback ports, which the embedded one has not: with TLS, as a replica, as a Sentinel."""

import ipaddress
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arqlight_core.clock import now

BINARIES = [found for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]
"""A system's own servers, which speak TLS as the bundled one may not."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(folder: Path, name: str, command: list[str]) -> Generator["subprocess.Popen[bytes]"]:
    """A server process in a folder of its own."""
    place = folder / name
    place.mkdir()
    with (place / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=place, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def certificates(folder: Path) -> dict[str, Path]:
    """An authority of its own, and a certificate for 127.0.0.1 that serves both sides: paths of `ca`, `cert`, `key`."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", authority_key.public_key(), "authority", authority_key, is_authority=True)
    leaf = _certificate("127.0.0.1", key.public_key(), "authority", authority_key, is_authority=False)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    parts = {
        "ca": authority.public_bytes(serialization.Encoding.PEM),
        "cert": leaf.public_bytes(serialization.Encoding.PEM),
        "key": private,
    }
    for name, content in parts.items():
        (folder / f"{name}.pem").write_bytes(content)
    return {name: folder / f"{name}.pem" for name in parts}


def _certificate(
    subject: str, key: ec.EllipticCurvePublicKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )
    return made.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
