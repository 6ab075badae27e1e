"""The views that can be gone to from anywhere: the table from which keys, the command line, help and palette come.

Adding one is a line here and a screen of that name. Its module is loaded when it is first gone to.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from arqlight_screens.keymap import Key

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen


@dataclass(frozen=True, slots=True)
class View:
    """One view: its name, the digit or letter that opens it (some have none), what it shows, where its screen is."""

    name: str
    digit: str
    help: str
    screen: str

    def made(self) -> "RoomScreen":
        """Its screen, new."""
        module, _, name = self.screen.partition(":")
        made: RoomScreen = getattr(import_module(f"arqlight_screens.{module}"), name)()
        return made


OVERVIEW = "queues"

VIEWS = (
    View(OVERVIEW, "1", "every queue: how it does, and what is wrong", "overview:Overview"),
    View("failures", "2", "failed jobs of all queues, grouped by what went wrong", "failures:Failures"),
    View("workers", "3", "the processes that work, and what each of them runs", "workers:Workers"),
    View("limits", "4", "breakers and rate limits: what they let through, and since when not", "limits:Limits"),
    View("schedules", "5", "what runs by the clock: next, last and missed runs", "schedules:Schedules"),
    View("flows", "6", "jobs that belong together, as a tree with times", "flows:Flows"),
    View("events", "7", "what happens, as it happens", "events:Events"),
    View("bulks", "8", "operations on many jobs: how far they are", "bulks:Bulks"),
    View("audit", "9", "who did what, when and why", "audit:Audit"),
    View("charts", "0", "throughput, durations and depth over time", "charts:Charts"),
    View("incidents", "", "sites that are being healed: where each is, and how it came there", "incidents:Incidents"),
    View("campaigns", "", "messages to many: how far each campaign is, and why it stands", "campaigns:Campaigns"),
    View("alerts", "A", "what is wrong and how it stands, who has it in hand, and what is silenced", "alerts:Alerts"),
    View("dead", "m", "dead letters of all queues, one by one: why each died, and its way back", "dead:Dead"),
    View("trash", "", "what was purged and can be put back", "trash:Trash"),
    View("server", "", "the server: memory, clients, persistence, slow commands", "server:Server"),
    View("doctor", "", "what is misconfigured, and how to mend it", "doctor:Doctor"),
)


def view_of(name: str) -> View | None:
    """The view of that name, or the only one that begins so."""
    found = [view for view in VIEWS if view.name == name] or [view for view in VIEWS if view.name.startswith(name)]
    return found[0] if len(found) == 1 else None


GOING = (
    *(Key(view.digit, f"go({view.name!r})", view.name, view.help) for view in VIEWS if view.digit),
    Key("minus", "go_back", "last view", "the view before this one"),
)
