"""The server's address out of the environment: in one variable or in parts, with its certificates."""

from pathlib import Path

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.settings import load


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"REDIS_HOST": "db"}, "redis://db:6379/0"),
        ({"REDIS_HOST": "db", "REDIS_PORT": "7000", "REDIS_DB": "2"}, "redis://db:7000/2"),
        ({"REDIS_HOST": "db", "REDIS_TLS": "true"}, "rediss://db:6379/0"),
        ({"REDIS_HOST": "::1"}, "redis://[::1]:6379/0"),
        ({"REDIS_HOST": "db", "REDIS_PASSWORD": "p@/:%"}, "redis://:p%40%2F%3A%25@db:6379/0"),
        ({"REDIS_HOST": "db", "REDIS_USERNAME": "ada", "REDIS_PASSWORD": "p"}, "redis://ada:p@db:6379/0"),
        ({"REDIS_HOST": "db", "REDIS_URL": "redis://other/1"}, "redis://other/1"),
        ({"REDIS_URL": "redis://other/1", "REDIS_PASSWORD": "p", "REDIS_DB": "5"}, "redis://:p@other/1"),
        ({"REDIS_URL": "redis://ada@other", "REDIS_PASSWORD": "p"}, "redis://ada:p@other"),
        ({"REDIS_URL": "redis://:own@other", "REDIS_PASSWORD": "p"}, "redis://:own@other"),
        ({"REDIS_URL": "unix:///run/r.sock?db=1", "REDIS_PASSWORD": "p"}, "unix://:p@/run/r.sock?db=1"),
        ({"REDIS_URL": "redis+sentinel://a:1,b:2/m/1", "REDIS_PASSWORD": "p"}, "redis+sentinel://:p@a:1,b:2/m/1"),
        ({"REDIS_PASSWORD": "p", "REDIS_PORT": "1"}, None),
    ],
)
def test_the_address_is_put_together_and_redis_url_wins(environment: dict[str, str], url: str | None):
    assert load(environment).redis_url == url


def test_tls_files_go_into_the_address(tmp_path: Path):
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch()
    files = {f"REDIS_TLS_{name.upper()}": str(tmp_path / name) for name in ("ca", "cert", "key")}
    url = load({"REDIS_URL": "rediss://db", **files}).redis_url or ""
    assert all(f"{option}=" in url for option in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"))
    assert load({"REDIS_HOST": "db", "REDIS_TLS": "1", **files}).redis_url == url.replace("//db", "//db:6379/0")


def test_tls_files_without_tls_are_refused_and_so_is_half_a_certificate(tmp_path: Path):
    file = tmp_path / "pem"
    file.touch()
    with pytest.raises(UsageError, match="REDIS_TLS_CA: the connection is not encrypted; set REDIS_TLS=1"):
        load({"REDIS_HOST": "db", "REDIS_TLS_CA": str(file)})
    with pytest.raises(UsageError, match="one is of no use without the other"):
        load({"REDIS_HOST": "db", "REDIS_TLS": "1", "REDIS_TLS_CERT": str(file)})
