from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet

from arqlight_core.settings import Settings
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.backup import Shelf
from tests.unit.healer.backup_site import a_site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(
        data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode(), ssrf_allowlist="127.0.0.1"
    )
    made.data_dir.mkdir()
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site's folder that is worth a backup."""
    return a_site(tmp_path)


@pytest.fixture(params=["sealed", "plain"])
def shelf(request: pytest.FixtureRequest, settings: Settings) -> Shelf:
    """Where an incident's backup lies, encrypted and not."""
    own = settings if request.param == "sealed" else msgspec.structs.replace(settings, payload_enc_keys=None)
    return Shelf(Artifacts.of(own, "a-site", "one"))


@pytest.fixture
def sealed(settings: Settings) -> Shelf:
    return Shelf(Artifacts.of(settings, "a-site", "one"))
