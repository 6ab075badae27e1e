from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from arqlight_core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode(), phi_hmac_key="test")


@pytest.fixture(autouse=True)
def _folder(settings: Settings) -> None:
    settings.data_dir.mkdir()
