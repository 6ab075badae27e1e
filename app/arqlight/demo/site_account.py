"""Keeps account of every site that fell ill: how it ended, how fast, and whether the site was made worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Any

from arqlight.demo.snapshot import Snapshot, changed
from arqlight.demo.telling import Section
from arqlight_jobs.healer.words import SymptomId

LEAVES: Mapping[str, tuple[str, ...]] = {
    "PB04": ("database/options/active_plugins", "wp-content/plugins/"),
    "PB06": ("database/options/stylesheet", "database/options/template"),
    "PB07": ("wp-content/mu-plugins/",),
    "PB10": ("wp-config.php",),
    "PB11": (".htaccess",),
    "PB12": ("wp-config.php",),
    "PB18": ("database/cron",),
}
"""What a playbook that has helped is meant to leave other than it was both in health and in illness."""


class End(StrEnum):
    """How an illness ended."""

    HEALED = "healed"
    IN_NAME_ONLY = "in name only"
    """The incident ended as fixed, and the site is not well."""
    ESCALATED = "escalated"


@dataclass(slots=True)
class Illness:
    """A site that was broken in one way, and what became of it."""

    site: str
    symptom: SymptomId
    since: datetime
    found: Snapshot
    """As it was broken."""
    incident: str = ""
    correlation_id: str = ""
    end: End | None = None
    closed: datetime | None = None
    worse: Sequence[str] = ()
    """What is now otherwise than it may be."""
    complaints: Sequence[str] = ()
    """What its visitors say after it was fixed."""

    @property
    def seconds(self) -> float:
        """From the break to the end of its incident; 0 while it is open."""
        return (self.closed - self.since).total_seconds() if self.closed else 0.0

    def fixed(self, closed: datetime, now: Snapshot, well: Sequence[Snapshot], playbook: str, said: list[str]) -> None:
        """It ended as fixed: each part is to be as it was in health, or as it was found, or as the fix leaves it."""
        self.closed, self.complaints = closed, said
        self.end = End.IN_NAME_ONLY if said else End.HEALED
        self.worse = changed(now, [*well, self.found], LEAVES.get(playbook, ()))

    def escalated(self, closed: datetime, now: Snapshot) -> None:
        """It ended with a call for a person: nothing may be otherwise than it was found."""
        self.closed, self.end = closed, End.ESCALATED
        self.worse = changed(now, [self.found])


@dataclass(slots=True)
class SiteAccount:
    """Every illness of a run, in order."""

    sites: int
    illnesses: list[Illness] = field(default_factory=list[Illness])

    def section(self) -> Section:
        """What the summary says of the sites."""
        facts = self.facts()
        rows = [[name, *(line[column] for column in COLUMNS)] for name, line in facts["by_symptom"].items()]
        wrong = bool(facts["made_worse"] or facts["in_name_only"])
        return Section("sites", facts, _sentence(facts), ("symptom", *COLUMNS), rows, wrong)

    def facts(self) -> dict[str, Any]:
        """All of it as numbers; seconds are from the break to the end of the incident."""
        symptoms = sorted({one.symptom for one in self.illnesses})
        worse = [one for one in self.illnesses if one.worse]
        ended = sum(one.end is not None for one in self.illnesses)
        totals = _line(self.illnesses)
        return {
            "sites": self.sites,
            **totals,
            "share_healed": round(totals["healed"] / ended, 3) if ended else None,
            "made_worse": len(worse),
            "worse": [{"site": one.site, "incident": one.incident, "parts": list(one.worse)} for one in worse],
            "by_symptom": {name: _line([one for one in self.illnesses if one.symptom is name]) for name in symptoms},
        }


COLUMNS = ("broken", "healed", "in_name_only", "escalated", "open", "median_s", "longest_s")


def _line(illnesses: Sequence[Illness]) -> dict[str, Any]:
    ends = [one.end for one in illnesses]
    seconds = [one.seconds for one in illnesses if one.end is End.HEALED]
    return {
        "broken": len(illnesses),
        "healed": ends.count(End.HEALED),
        "in_name_only": ends.count(End.IN_NAME_ONLY),
        "escalated": ends.count(End.ESCALATED),
        "open": ends.count(None),
        "median_s": round(median(seconds), 1) if seconds else None,
        "longest_s": round(max(seconds), 1) if seconds else None,
    }


def _sentence(facts: Mapping[str, Any]) -> str:
    if not facts["broken"]:
        return f"None of {facts['sites']} sites has fallen ill."
    share = f" ({facts['share_healed']:.0%} of those that ended)" if facts["share_healed"] is not None else ""
    pace = (
        f", in {facts['median_s']} s as the median and {facts['longest_s']} s at the longest" if facts["healed"] else ""
    )
    worse = f"{facts['made_worse']} WERE MADE WORSE" if facts["made_worse"] else "made worse: 0"
    name = f"; {facts['in_name_only']} HEALED IN NAME ONLY" if facts["in_name_only"] else ""
    return (
        f"{facts['sites']} sites fell ill {facts['broken']} times: {facts['healed']} healed{share}{pace}; "
        f"{facts['escalated']} escalated, {facts['open']} still open{name}; {worse}."
    )
