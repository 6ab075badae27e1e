"""PHP runs out of memory: the site is given twice as much, up to a bound."""

import re
from collections.abc import Iterator

from arqlight_jobs.healer.changes import Plan
from arqlight_jobs.healer.evidence import NoteKind
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import SymptomId
from arqlight_jobs.healer.wp_config import WP_CONFIG, quoted, with_constants

MEGABYTE = 1024 * 1024
MOST = 512 * MEGABYTE
USUAL = 40 * MEGABYTE
"""What WordPress asks for by itself."""

_EXHAUSTED = re.compile(r"Allowed memory size of (\d+) bytes exhausted")
_WRITTEN = re.compile(r"(\d+)\s*([KMG]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1024, "M": MEGABYTE, "G": 1024 * MEGABYTE}


def _raise_limit(scene: Scene) -> Plan:
    content = scene.files.get(WP_CONFIG)
    if content is None:
        raise NotApplicable(f"There is no {WP_CONFIG}.")
    limit = _limit(scene)
    if limit >= MOST:
        raise NotApplicable(f"The site has {limit // MEGABYTE} MB already; more would only hide what wastes it.")
    raised = min(2 * limit, MOST) // MEGABYTE
    return (scene.rewrite(WP_CONFIG, with_constants(content, {"WP_MEMORY_LIMIT": quoted(f"{raised}M")})),)


def _limit(scene: Scene) -> int:
    """Bytes that did not suffice."""
    found = [int(match[1]) for text in _told(scene) for match in _EXHAUSTED.finditer(text)]
    if found:
        return found[-1]
    config = scene.evidence.tree.config if scene.evidence.tree else None
    written = _WRITTEN.fullmatch(config.memory_limit.strip()) if config else None
    return int(written[1]) * _UNITS[written[2].upper()] if written else USUAL


def _told(scene: Scene) -> Iterator[str]:
    logs = scene.evidence.logs
    yield from (page.text for page in scene.evidence.pages)
    yield from (fatal.message for fatal in (logs.fatals if logs else ()))
    yield from (note.line for note in (logs.notes if logs else ()) if note.kind is NoteKind.MEMORY)


PB10 = Playbook(
    id="PB10",
    name="Give PHP more memory",
    treats=(SymptomId.MEMORY,),
    plan=_raise_limit,
    reads=(WP_CONFIG,),
)
