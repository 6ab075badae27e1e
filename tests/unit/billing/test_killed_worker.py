"""A worker that is killed outright leaves one set of records and findings after the next attempt."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.billing.samples import VIOLATIONS, write_sample
from tests.billing_files import carry_out, kept, stored, submit

DIES = """
import asyncio, os, signal, sys
from arqlight_core.settings import load
from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.billing.validation import validate
from tests.billing_files import FakeRun

class MortalRun(FakeRun):
    def progress(self, done, total, stage=""):
        if done >= int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(validate.handler(MortalRun(load()), ValidationRequest(sys.argv[1], sys.argv[2])))
"""


@pytest.mark.fault
@pytest.mark.parametrize("percent", [30, 60, 80])
async def test_one_set_after_a_kill(settings: Settings, percent: int) -> None:
    planted = dict.fromkeys(VIOLATIONS, 1)
    path = settings.data_dir / "sample.csv"
    await asyncio.to_thread(write_sample, path, 1200, planted)
    request = await submit(settings, path)
    environ = {
        **os.environ,
        "ARQLIGHT_DATA_DIR": str(settings.data_dir),
        "PAYLOAD_ENC_KEYS": settings.payload_enc_keys or "",
        "PHI_HMAC_KEY": settings.phi_hmac_key or "",
    }
    command = [sys.executable, "-c", DIES, request.validation_id, request.file_id, str(percent)]
    killed = await asyncio.to_thread(subprocess.run, command, env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert stored(settings, request).exists()
    totals = await carry_out(settings, request, fence=2)
    assert totals["rules"] == planted
    assert await kept(settings, request) == (totals["rows"], totals["findings"])
