"""Playbooks PB01 to PB19, the least invasive first, and which of them are worth trying on a site."""

from collections.abc import Iterable

from arqlight_jobs.healer.incident import Choice
from arqlight_jobs.healer.playbooks import (
    addresses,
    caches,
    commands,
    core_files,
    database,
    debugging,
    disk,
    htaccess,
    lost_config,
    memory,
    permissions,
    plugins,
    restarts,
    single_files,
    themes,
)
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Site, Symptom

__all__ = ["PLAYBOOKS", "NotApplicable", "Playbook", "Scene", "choices", "playbook"]

PLAYBOOKS = (
    single_files.PB01,
    database.PB02,
    commands.PB18,
    caches.PB19,
    restarts.PB13,
    restarts.PB16,
    addresses.PB12,
    htaccess.PB11,
    memory.PB10,
    lost_config.PB17,
    permissions.PB15,
    plugins.PB05,
    core_files.PB08,
    single_files.PB07,
    plugins.PB04,
    themes.PB06,
    commands.PB03,
    disk.PB14,
    debugging.PB09,
)
"""In the order in which they are tried on one symptom."""

_BY_ID = {one.id: one for one in PLAYBOOKS}


def playbook(playbook_id: str) -> Playbook:
    """The playbook. Raises KeyError when there is none of that id."""
    return _BY_ID[playbook_id]


def choices(symptoms: Iterable[Symptom], site: Site) -> tuple[Choice, ...]:
    """The playbooks worth trying, best first: those for the surest symptom, of them the least invasive."""
    ranked = sorted(symptoms, key=lambda symptom: -symptom.confidence)
    found = (
        Choice(one.id, symptom.component)
        for symptom in ranked
        for one in PLAYBOOKS
        if one.suits(symptom) and one.is_within_reach(site)
    )
    return tuple(dict.fromkeys(found))
