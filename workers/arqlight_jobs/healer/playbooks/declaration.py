"""What a playbook is: declarations, and a pure function from what is known of a site to the changes to be made."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from arqlight_jobs.healer.changes import Plan, Rewrite
from arqlight_jobs.healer.evidence import Evidence
from arqlight_jobs.healer.manifest import Entry
from arqlight_jobs.healer.words import Level, Site, Symptom, SymptomId, Treatment


class NotApplicable(Exception):
    """The playbook has nothing to do on this site any more; the message is one sentence for anybody."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a playbook may look at. The evidence may be minutes old; `files` and `entries` were just read."""

    site: Site
    evidence: Evidence
    component: str
    at: datetime
    tag: str
    """What names that we give begin or end with: `autoheal-` and the incident's id."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """The content of what the playbook reads, as far as it is there."""
    entries: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    """What the playbook reads, and what stands in the folders that it lists, by path."""
    kept: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """The same files as the last healthy baseline has them."""
    kept_modes: Mapping[str, int] = field(default_factory=dict[str, int])
    """What permissions files had then."""

    def rewrite(self, path: str, content: bytes) -> Rewrite:
        """Replace the file that was read; refused when it is another one by then. Raises NotApplicable without need."""
        was = self.files.get(path)
        if was == content:
            raise NotApplicable(f"{path} is already as it should be.")
        return Rewrite(path, content, over="" if was is None else hashlib.sha256(was).hexdigest())

    def age_s(self, path: str) -> float | None:
        """How many seconds ago what is there was changed; None when nothing is."""
        entry = self.entries.get(path)
        return self.at.timestamp() - entry.mtime_ns / 1e9 if entry else None


Planning = Callable[[Scene], Plan]


@dataclass(frozen=True, slots=True)
class Playbook:
    """One way to heal. `plan` raises NotApplicable."""

    id: str
    name: str
    treats: tuple[SymptomId, ...]
    plan: Planning
    component: str = ""
    """The only part of a site that it mends; '' for whichever the symptom is about."""
    needs: Level = Level.FOLDER
    hooks: tuple[str, ...] = ()
    """Of these hooks the site must have at least one."""
    treatment: Treatment = Treatment.AUTO
    reads: tuple[str, ...] = ()
    """Files whose content it wants to know."""
    lists: tuple[str, ...] = ()
    """Folders whose entries it wants to know; '' stands for the whole tree."""

    def suits(self, symptom: Symptom) -> bool:
        """Whether it is worth trying on this."""
        return symptom.id in self.treats and self.component in ("", symptom.component)

    def is_within_reach(self, site: Site) -> bool:
        """Whether the site's owner has opened the way that this takes, and does not forbid it."""
        if site.playbooks and self.id not in site.playbooks:
            return False
        if self.hooks:
            return any(hook in site.hooks for hook in self.hooks)
        return self.needs <= site.level
