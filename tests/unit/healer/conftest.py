from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from arqlight_core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(
        data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode(), ssrf_allowlist="127.0.0.1"
    )
    made.data_dir.mkdir()
    return made
