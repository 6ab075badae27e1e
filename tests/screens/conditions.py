"""The pictures that every view owes: which condition is seen by which words, and what is opened for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arqlight_core.jobs import State
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.control_room import ControlRoom
from arqlight_screens.incident_detail import IncidentDetail
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.views import VIEWS
from tests.screens import canned_overflow, canned_quiet, worlds
from tests.screens.canned import CannedFleet
from tests.screens.canned_events import JOB

CONDITIONS: Mapping[str, Callable[[], CannedFleet]] = {
    "normal": worlds.normal,
    "empty": worlds.empty,
    "worst": worlds.worst,
    "stale": worlds.worst,
    "overflow": worlds.overflow,
}
"""The world in which a view is pictured; when `stale`, its server goes away then."""

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)
BEYOND = {
    "queues": {"worst": (MIDDLE, LARGE), "overflow": (MIDDLE, LARGE), "stale": (MIDDLE,), "empty": (MIDDLE,)},
    "workers": {"worst": (MIDDLE, LARGE)},
    "schedules": {"worst": (MIDDLE, LARGE)},
    "queue": {"worst": (MIDDLE,), "overflow": (MIDDLE,)},
    "job": {"worst": (MIDDLE,), "overflow": (MIDDLE,)},
    "failures": {"worst": (MIDDLE,), "empty": (MIDDLE,), "overflow": (LARGE,)},
    "server": {"normal": (MIDDLE,)},
    **{
        name: {"worst": (MIDDLE,)}
        for name in ("alerts", "limits", "flows", "events", "bulks", "audit", "charts", "trash", "dead")
    },
    **{name: {"worst": (MIDDLE,)} for name in ("incidents", "doctor", "incident", "campaigns", "campaign")},
}
"""The larger sizes in which some are pictured as well."""

EXCEPTED: Mapping[tuple[str, str], str] = {}
"""What is owed by no view, and why."""

PAGES: Mapping[str, Mapping[str, Callable[[], RoomScreen]]] = {
    "queue": {
        "normal": lambda: QueueJobs("billing:validation", State.ACTIVE),
        "empty": lambda: QueueJobs("crm:message", State.WAITING),
        "worst": lambda: QueueJobs("billing:validation", State.DEAD),
        "overflow": lambda: QueueJobs(canned_overflow.named(0), State.DEAD),
    },
    "job": {
        "normal": lambda: JobDetail("billing:validation", canned_quiet.RUNNING),
        "empty": lambda: JobDetail("crm:message", worlds.IDLE),
        "worst": lambda: JobDetail("billing:validation", JOB),
        "overflow": lambda: JobDetail(canned_overflow.named(0), canned_overflow.LONGEST),
    },
    "incident": dict.fromkeys(CONDITIONS, lambda: IncidentDetail("4be1c09a7d52")),
    "campaign": dict.fromkeys(CONDITIONS, lambda: CampaignDetail("spring-sale")),
}
"""What stands behind a row rather than behind a name."""

SHOWN: Mapping[str, Mapping[str, str]] = {
    "queues": {"normal": "site:publish", "empty": "arqlight demo", "worst": "<1%", "overflow": "741k/s"},
    "failures": {"normal": "too late", "empty": "No job has failed", "worst": "TariffM", "overflow": "Error0"},
    "workers": {"normal": "carl-1", "empty": "No worker is running", "worst": "berta-2", "overflow": "18.0M of"},
    "limits": {"normal": "per tenant", "empty": "Nothing is declared", "worst": "site:deploys", "overflow": "europ"},
    "schedules": {"normal": "crm:digest", "empty": "No schedule", "worst": "sync:tasks", "overflow": "europ"},
    "flows": {"normal": "recall-2026", "empty": "None of the newest", "worst": "incident-77", "overflow": "europ"},
    "events": {"normal": "resume", "empty": "Nothing notable", "worst": "20:26:38", "overflow": "20:26:39"},
    "bulks": {"normal": "done", "empty": "No operation", "worst": "25%", "overflow": "33%"},
    "audit": {"normal": "set-rate", "empty": "Nothing was done", "worst": "set-rate", "overflow": "20:25:40"},
    "charts": {"normal": "jobs a second", "empty": "not known", "worst": "▲", "overflow": "jobs a second"},
    "incidents": {"normal": "news.example", "empty": "No incident", "worst": "wiki.example", "overflow": "europ"},
    "campaigns": {"normal": "new year", "empty": "No campaign", "worst": "win back", "overflow": "europ"},
    "alerts": {
        "normal": "nothing is silenced",
        "empty": "nothing is silenced",
        "worst": "∅ silence",
        "overflow": "europ",
    },
    "dead": {"normal": "bad token", "empty": "no dead letters", "worst": "TariffMissing", "overflow": "europ"},
    "trash": {"normal": "billing:validat", "empty": "The trash is empty", "worst": "86,000", "overflow": "europ"},
    "server": {"normal": "slow log", "empty": "may not ask", "worst": "allkeys-lru", "overflow": "10,000"},
    "doctor": {"normal": "noeviction", "empty": "may not ask", "worst": "allkeys-lru", "overflow": "europ"},
    "queue": {"normal": "0514", "empty": "no waiting jobs", "worst": "import-11", "overflow": "TariffMissing"},
    "job": {
        "normal": "checking rules",
        "empty": "crm:message}:hello",
        "worst": "rules.py:88",
        "overflow": "attempt    40",
    },
    "incident": {"normal": "VERIFY x2]", "empty": "[○ NEW]", "worst": "[✗ ESCALATED]", "overflow": "VERIFY x16]"},
    "campaign": {"normal": "no consent", "empty": "r starts it", "worst": "132001", "overflow": "europ"},
}
"""The words by which a view has come to show its condition; stale is the worst, when the server has gone."""


@dataclass(frozen=True)
class Sitting:
    """One picture: of what, in which condition, how large."""

    view: str
    condition: str
    size: tuple[int, int]

    @property
    def words(self) -> str:
        """What has to be shown before the picture is taken."""
        return SHOWN[self.view].get(self.condition, SHOWN[self.view]["worst"])

    @property
    def name(self) -> str:
        """What the picture is called."""
        return f"{self.view}-{self.condition}"

    def open(self, room: ControlRoom) -> None:
        """Go there."""
        if self.view in PAGES:
            pages = PAGES[self.view]
            room.open(pages.get(self.condition, pages["worst"])())
        else:
            room.go(self.view)


def sittings() -> list[Sitting]:
    """All that are owed."""
    views = [*(view.name for view in VIEWS), *PAGES]
    owed = [(view, condition) for view in views for condition in CONDITIONS if (view, condition) not in EXCEPTED]
    return [Sitting(*one, size) for one in owed for size in (SMALL, *BEYOND.get(one[0], {}).get(one[1], ()))]
