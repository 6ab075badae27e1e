"""Which authorities are trusted: read from the disk once, not for every client, which would take 20 ms each."""

import os
import ssl
from functools import lru_cache

import httpx


def trusted() -> ssl.SSLContext:
    """For `verify`: those that httpx comes with, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
    return _context(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@lru_cache(maxsize=4)
def _context(_file: str, _folder: str) -> ssl.SSLContext:
    return httpx.create_ssl_context()  # it reads the variables itself
