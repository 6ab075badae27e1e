"""Certificates for stand-in servers: an authority of their own, good ones, expired ones, and ones for another name."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arqlight.demo.world.state import World

DAY = timedelta(days=1)
START = datetime(2020, 1, 1, tzinfo=UTC)
FOREVER = datetime(2120, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; `certificate` is what clients must trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> "Authority":
        """An authority of nobody else's."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Stand-in authority")
        unsigned = _builder(name, name, key.public_key(), FOREVER).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return cls(key, unsigned.sign(key, hashes.SHA256()))

    def write(self, path: Path) -> None:
        """The certificate, for clients that are to trust it."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, path: Path, host: str = "127.0.0.1", until: datetime = FOREVER) -> None:
        """A key with a certificate for one host, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _builder(_name(host), self.certificate.subject, key.public_key(), until).add_extension(
            x509.SubjectAlternativeName([_alternative(host)]), critical=False
        )
        signed = unsigned.sign(self.key, hashes.SHA256())
        path.write_bytes(_private(key) + signed.public_bytes(serialization.Encoding.PEM))


def serving_context(world: World) -> ssl.SSLContext:
    """A server's context that reads the site's certificate again for each connection."""
    context = _loaded(world)

    def renew(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = _loaded(world)

    context.sni_callback = renew  # pyright: ignore[reportAttributeAccessIssue] - typed for blocking sockets only
    return context


def _loaded(world: World) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.certificate_file)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(until)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
