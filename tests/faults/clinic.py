"""Workers of incidents whose phases kill them: `python -m tests.faults.clinic URL FOLDER`, with the journal there.

Each phase kills its worker where it is carried out for the first time.
"""

import os
import signal
import sys
from pathlib import Path

from arqlight_core.catalogue import Catalogue
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.healer import carrying
from arqlight_jobs.healer.case import Case, Finding, Outcome, Phase
from arqlight_jobs.healer.incident_processing import incident_processing
from arqlight_jobs.healer.notifications import notifications
from arqlight_jobs.healer.phases import CarryOut
from tests.faults.journal import Journal

LEASE = 1.0

OUTCOMES = {
    Phase.DISCOVERY: Outcome.IS_WORDPRESS,
    Phase.BASELINE: Outcome.STORED,
    Phase.BACKUP: Outcome.VERIFIED,
    Phase.OBSERVABILITY: Outcome.PLAYBOOK_FOUND,
    Phase.FIX_ATTEMPT: Outcome.APPLIED,
    Phase.VERIFY: Outcome.FAILED,
    Phase.ROLLBACK: Outcome.UNDONE,
    Phase.ESCALATED: Outcome.STORED,
}


async def carry_out(case: Case) -> Finding:
    """What the phase is told to come to, once it has killed a worker."""
    phase, journal = case.incident.phase, Journal(case.settings.data_dir / "journal")
    journal.note("start", phase, case.run.attempt, case.run.fence)
    if not case.files.has(phase):
        case.files.write(phase, b"")
        os.kill(os.getpid(), signal.SIGKILL)
    journal.note("end", phase, case.run.attempt, case.run.fence)
    output = {"playbooks": [{"id": "PB01"}, {"id": "PB04"}]} if phase is Phase.OBSERVABILITY else {}
    return Finding(OUTCOMES[phase], "as it was told", output)


def settings_of(folder: Path) -> Settings:
    return Settings(data_dir=folder, lease=LEASE, grace=0.5)


def _carry_out_of(_: Phase) -> CarryOut:
    return carry_out


if __name__ == "__main__":
    carrying.carry_out_of = _carry_out_of
    Catalogue.of([incident_processing, notifications])  # whose job type an escalation queues by name
    run_process([incident_processing], sys.argv[1], settings_of(Path(sys.argv[2])))
