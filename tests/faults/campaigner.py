"""A worker that carries campaigns and sends their messages, as fast as it can.

`main` takes a server's URL, a folder whose `data` holds the records, WhatsApp's stand-in, and seconds of a lease.
"""

import logging
import sys
from pathlib import Path
from typing import Any

from arqlight_core.declaration import JobType
from arqlight_core.policy import SECOND
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.crm import campaign, message
from tests.unit.crm.post import TOKEN

LEASE = 1.0
QUEUES = (campaign.campaigns, message.messages)


def settings_of(folder: Path, whatsapp: str, lease: float = LEASE) -> Settings:
    return Settings(data_dir=folder / "data", whatsapp_base_url=whatsapp, whatsapp_token=TOKEN, lease=lease, grace=0.5)


def unlimited() -> dict[str, JobType[Any]]:
    """Nothing but WhatsApp holds messages back, and lost jobs are looked for soon; the job types by their names."""
    types = {**campaign.campaigns.job_types, **message.messages.job_types}
    message.messages.limits = ()
    campaign.LOST_AFTER = 2 * SECOND  # pyright: ignore[reportConstantRedefinition] - in this process alone
    for queue in QUEUES:
        queue.relatives = types
    return types


def main() -> None:
    url, folder, whatsapp, lease = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    unlimited()
    run_process(QUEUES, url, settings_of(Path(folder), whatsapp, float(lease)))
