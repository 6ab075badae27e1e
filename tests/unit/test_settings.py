"""Settings come from the environment, and one that does not fit is named."""

from pathlib import Path

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load


def test_an_empty_environment_gives_the_defaults():
    settings = load({})
    assert (settings.redis_url, settings.database_url) == (None, None)
    assert (settings.lease, settings.grace) == (15.0, 30.0)
    assert settings.data_dir.name == "arqlight"


def test_every_setting_has_its_variable():
    told = {
        "REDIS_URL": "redis://example:6379/1",
        "DATABASE_URL": "postgresql://example/db",
        "ARQLIGHT_DATA_DIR": "/var/lib/aq",
        "ARQLIGHT_LEASE": "5",
        "ARQLIGHT_GRACE": "0",
        "PAYLOAD_ENC_KEYS": "a,b",
        "PHI_HMAC_KEY": "k",
    }
    assert load(told) == Settings(
        redis_url="redis://example:6379/1",
        database_url="postgresql://example/db",
        data_dir=Path("/var/lib/aq"),
        lease=5.0,
        grace=0.0,
        payload_enc_keys="a,b",
        phi_hmac_key="k",
    )


def test_what_is_not_ours_is_left_alone():
    assert load({"REDIS_URLS": "x", "PATH": "/bin"}).redis_url is None


@pytest.mark.parametrize("variable", ["ARQLIGHT_LEASE", "ARQLIGHT_GRACE"])
def test_a_setting_that_does_not_fit_is_named(variable: str):
    with pytest.raises(UsageError, match=f"does not fit: .*{variable}"):
        load({variable: "soon"})


@pytest.mark.parametrize("told", [{"ARQLIGHT_LEASE": "0.5"}, {"ARQLIGHT_GRACE": "-1"}, {"ARQLIGHT_LEASE": "nan"}])
def test_a_duration_out_of_range_is_refused(told: dict[str, str]):
    with pytest.raises(UsageError, match="ARQLIGHT_LEASE must be at least 1 second"):
        load(told)


def test_without_an_argument_it_is_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARQLIGHT_LEASE", "7")
    assert load().lease == 7.0
