"""What is done in each state of an incident: one module each, with `async def carry_out(case: Case) -> Finding`."""

import importlib
from collections.abc import Awaitable, Callable

from arqlight_jobs.healer.case import Case, Finding
from arqlight_jobs.healer.machine import Phase

CarryOut = Callable[[Case], Awaitable[Finding]]

MODULES = {
    Phase.DISCOVERY: "arqlight_jobs.healer.phases.discovery",
    Phase.BASELINE: "arqlight_jobs.healer.phases.baseline",
    Phase.BACKUP: "arqlight_jobs.healer.phases.backup",
    Phase.OBSERVABILITY: "arqlight_jobs.healer.phases.observability",
    Phase.FIX_ATTEMPT: "arqlight_jobs.healer.phases.fix_attempt",
    Phase.VERIFY: "arqlight_jobs.healer.phases.verify",
    Phase.ROLLBACK: "arqlight_jobs.healer.phases.rollback",
    Phase.ESCALATED: "arqlight_jobs.healer.phases.escalate",
}
"""Loaded when they are first needed: a command that only lists incidents needs none."""


def carry_out_of(phase: Phase) -> CarryOut:
    """What is done in this state. Raises KeyError for a state in which nothing is."""
    return importlib.import_module(MODULES[phase]).carry_out
