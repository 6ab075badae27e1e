"""A site's certificate, as its handshake shows it: judged as a browser would, and read even when it is no good."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from time import monotonic

import httpx
from cryptography import x509

from arqlight_core.clock import now
from arqlight_jobs.healer.evidence import Certificate
from arqlight_jobs.outbound.guard import AddressRefused, Guard

HANDSHAKE_S = 10.0
MOST_NAMES = 20
_DAY = timedelta(days=1)
_UNREADABLE = (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


async def certificate_of(base_url: str, guard: Guard) -> Certificate | None:
    """The certificate; None for a site without TLS, and where nobody answers."""
    url = httpx.URL(base_url)
    if url.scheme != "https":
        return None
    try:
        async with asyncio.timeout(2 * HANDSHAKE_S):
            return await _shaken(url, (await guard.addresses(url))[0])
    except (OSError, TimeoutError, AddressRefused, UnicodeError):
        return None


async def _shaken(url: httpx.URL, address: str) -> Certificate:
    begun = monotonic()
    try:
        content = await _peer(url, address, httpx.create_ssl_context())
    except ssl.SSLCertVerificationError as refused:
        content = await _peer(url, address, _unverified())
        return read_certificate(content, now(), refused.verify_message or "It is not trusted.")
    except ssl.SSLError as failed:
        return Certificate(problem=f"The handshake failed: {failed.reason or 'no reason was given'}.")
    return read_certificate(content, now(), ms=(monotonic() - begun) * 1000)


async def _peer(url: httpx.URL, address: str, context: ssl.SSLContext) -> bytes:
    """The certificate as it was sent. Raises OSError, ssl.SSLError among them."""
    opening = asyncio.open_connection(
        address, url.port or 443, ssl=context, server_hostname=url.host, ssl_handshake_timeout=HANDSHAKE_S
    )
    _, writer = await opening
    try:
        connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return connection.getpeercert(binary_form=True) or b""
    finally:
        writer.transport.abort()


def read_certificate(content: bytes, at: datetime, problem: str = "", ms: float = 0.0) -> Certificate:
    """What a certificate in DER says at that moment; one that cannot be read is a problem by itself."""
    try:
        found = x509.load_der_x509_certificate(content)
        names = _names(found)
        not_after = found.not_valid_after_utc.astimezone(UTC)
    except (ValueError, TypeError, *_UNREADABLE):
        return Certificate(problem=problem or "It cannot be read.", ms=ms)
    return Certificate(
        problem=problem,
        not_after=not_after,
        names=names,
        expired=not_after < at,
        days_left=round((not_after - at) / _DAY, 1),
        ms=round(ms, 1),
    )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in told)[:MOST_NAMES]


def _unverified() -> ssl.SSLContext:
    """For looking at a certificate that is no good; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
