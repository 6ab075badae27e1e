"""Certificates for stand-in servers."""

import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arqlight_core.clock import now


def self_signed(folder: Path, host: str) -> ssl.SSLContext:
    """A server's context with a certificate for the host, written to `host.pem` for whoever shall trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    whole = folder / f"{host}.key.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    written = certificate.public_bytes(serialization.Encoding.PEM)
    whole.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain) + written)
    (folder / f"{host}.pem").write_bytes(written)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(whole)
    return context
