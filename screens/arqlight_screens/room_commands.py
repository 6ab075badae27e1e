"""What can be typed after `:` and chosen in the palette: one table, out of which completion and both lists come.

A command is known by its name or a beginning that fits no other; what is no command may be a queue.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from arqlight_core.errors import JobNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_screens.text import visible
from arqlight_screens.views import VIEWS, View

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen


def _nothing(screen: "RoomScreen") -> Sequence[str]:
    del screen
    return ()


@dataclass(frozen=True, slots=True)
class RoomCommand:
    """One command: what it is called, what it is told, what it does, and what it may be told here."""

    name: str
    words: str
    help: str
    run: "Callable[[RoomScreen, str], Awaitable[None]]"
    choices: "Callable[[RoomScreen], Sequence[str]]" = _nothing
    also: tuple[str, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it needs to be told nothing."""
        return not self.words or self.words.startswith("[")


async def _go(view: View, screen: "RoomScreen", _said: str) -> None:
    screen.room.go(view.name)


async def _queue(screen: "RoomScreen", said: str) -> None:
    name, _, state = said.partition(" ")
    found = [name] if name in queue_names(screen) else _queues_beginning(screen, name)
    if len(found) != 1:
        raise UsageError(f"There is no queue {name or 'without a name'}{_nearest(name, queue_names(screen))}")
    open_queue(screen, found[0], state.strip())


def open_queue(screen: "RoomScreen", name: str, state: str = "") -> None:
    """Show a queue's jobs: those of the state, or those that hurt. Raises UsageError for a state that is none."""
    from arqlight_screens.queue_jobs import QueueJobs, first_tab  # noqa: PLC0415 - when it is first gone to

    wanted = [one for one in State if state and one.value.startswith(state.casefold())]
    if state and len(wanted) != 1:
        raise UsageError(f"{state} is no state; states are {', '.join(State)}.")
    view = screen.room.sight.view
    seen = view.queue(name) if view else None
    screen.room.open(QueueJobs(name, wanted[0] if wanted else first_tab(seen) if seen else State.WAITING))


async def _job(screen: "RoomScreen", said: str) -> None:
    from arqlight_core import observe  # noqa: PLC0415 - after the first frame
    from arqlight_screens.job_detail import JobDetail  # noqa: PLC0415 - when it is first gone to
    from arqlight_screens.operating import Operating  # noqa: PLC0415 - when it is first gone to

    if not said:
        raise UsageError("Say which: `job ID`, or the end of an id on its queue's screen.")
    meant = screen.meant() if isinstance(screen, Operating) else ()
    here = next((one.queue for one in meant if one.queue), "")
    try:
        found = await screen.room.fleet.observe(observe.why, said)
    except JobNotFound:
        if not here or said.startswith("{"):
            raise
        found = await screen.room.fleet.observe(observe.why, f"{{{here}}}:{said}")
    screen.room.open(JobDetail(found.job.queue, found.job.id))


async def _flow(screen: "RoomScreen", said: str) -> None:
    from arqlight_screens.flow_tree import FlowTree  # noqa: PLC0415 - when it is first gone to

    if not said:
        raise UsageError("Say which: `flow ID`, with the correlation id that ties its jobs together.")
    screen.room.open(FlowTree(said))


async def _to_alerts(operation: str, screen: "RoomScreen", said: str) -> None:
    from arqlight_screens.operating import Operating  # noqa: PLC0415 - when it is first gone to
    from arqlight_screens.silencing import of_any  # noqa: PLC0415 - when it is first gone to

    if isinstance(screen, Operating):
        screen.begin(operation, of_any(said, screen.room.alerting))


async def _theme(screen: "RoomScreen", said: str) -> None:
    screen.room.preferences.choose_theme(said)


async def _times(screen: "RoomScreen", said: str) -> None:
    screen.room.preferences.tell_times(said)
    screen.show_again()


async def _every(screen: "RoomScreen", said: str) -> None:
    screen.room.preferences.look_every(said)


async def _ctx(screen: "RoomScreen", said: str) -> None:
    await screen.room.errands.go_to_server(said)


async def _ro(screen: "RoomScreen", _said: str) -> None:
    screen.room.refuse_changes()


async def _export(screen: "RoomScreen", said: str) -> None:
    from arqlight_screens.exporting import export  # noqa: PLC0415 - seldom wanted

    screen.room.tell(await export(screen, said))


async def _screenshot(screen: "RoomScreen", said: str) -> None:
    from arqlight_screens.exporting import screenshot  # noqa: PLC0415 - seldom wanted

    screen.room.tell(await screenshot(screen, said))


async def _columns(screen: "RoomScreen", _said: str) -> None:
    screen.action_columns()


async def _copy(screen: "RoomScreen", _said: str) -> None:
    screen.action_copy()


async def _freeze(screen: "RoomScreen", _said: str) -> None:
    screen.room.freeze()


async def _help(screen: "RoomScreen", _said: str) -> None:
    screen.action_help()


async def _quit(screen: "RoomScreen", _said: str) -> None:
    screen.program.exit()


def queue_names(screen: "RoomScreen") -> Sequence[str]:
    """The queues that were seen."""
    view = screen.room.sight.view
    return [queue.name for queue in view.queues] if view else ()


def _queue_words(screen: "RoomScreen") -> Sequence[str]:
    return [*queue_names(screen), *(f"{name} {state}" for name in queue_names(screen) for state in State)]


def _subjects(screen: "RoomScreen") -> Sequence[str]:
    from arqlight_core.operations.alerting import KINDS  # noqa: PLC0415 - after the first frame

    return [*KINDS, *queue_names(screen)]


def _silences(screen: "RoomScreen") -> Sequence[str]:
    return list(screen.room.alerting.silences)


def _file(kind: str) -> "Callable[[RoomScreen], Sequence[str]]":
    return lambda screen: [screen.file_name(kind)]


def _servers(screen: "RoomScreen") -> Sequence[str]:
    return [server.name for server in screen.room.servers.known()]


def _themes(screen: "RoomScreen") -> Sequence[str]:
    return screen.room.preferences.theme_names


COMMANDS = (
    *(RoomCommand(view.name, "", view.help, partial(_go, view)) for view in VIEWS),
    RoomCommand("queue", "NAME [STATE]", "a queue's jobs", _queue, _queue_words),
    RoomCommand("job", "ID", "one job, by its id", _job),
    RoomCommand("flow", "ID", "the jobs of one correlation id, as a tree", _flow),
    RoomCommand(
        "silence",
        "[WHAT]",
        "tell nobody of a queue's alerts or a kind",
        partial(_to_alerts, "silence_alerts"),
        _subjects,
    ),
    RoomCommand("lift", "[SILENCE]", "lift a silence", partial(_to_alerts, "lift_alerts"), _silences),
    RoomCommand(
        "acknowledge", "[WHAT]", "take alerts in hand", partial(_to_alerts, "acknowledge_alerts"), _subjects, ("ack",)
    ),
    RoomCommand("columns", "", "which columns there are, and which one sorts", _columns, also=("sort",)),
    RoomCommand("copy", "", "copy what the cursor is on", _copy),
    RoomCommand("export", "[FILE]", "write the table to a .csv or .json file", _export, _file("csv"), ("write",)),
    RoomCommand("screenshot", "[FILE]", "write a picture of the screen to an .svg file", _screenshot, _file("svg")),
    RoomCommand("theme", "NAME", "other colours", _theme, _themes),
    RoomCommand("times", "WHICH", "moments, or how long ago", _times, lambda _: ("relative", "absolute")),
    RoomCommand("every", "SECONDS", "how often the fleet is looked at", _every, lambda _: ("0.5", "1", "2", "5")),
    RoomCommand("ctx", "[NAME]", "go to another server; without a name, choose one", _ctx, _servers, ("context",)),
    RoomCommand("ro", "", "refuse every change until the room is left", _ro, also=("read-only",)),
    RoomCommand("freeze", "", "freeze the view, or let it go on", _freeze),
    RoomCommand("help", "", "every key of this screen", _help),
    RoomCommand("quit", "", "leave the control room", _quit, also=("q", "exit")),
)


async def carry_out(screen: "RoomScreen", text: str) -> None:
    """Do what the text says. Raises UsageError with the nearest command when nobody knows what it means."""
    word, _, said = text.strip().partition(" ")
    meant = _meant(screen, word)
    if isinstance(meant, RoomCommand):
        await meant.run(screen, said.strip())
    elif meant is not None:
        open_queue(screen, meant, said.strip())
    else:
        raise UsageError(_unknown(screen, word))


def _meant(screen: "RoomScreen", word: str) -> RoomCommand | str | None:
    """The command or the queue of that name, else the only one that begins so."""
    exact = next((command for command in COMMANDS if word in (command.name, *command.also)), None)
    if exact is not None or word in queue_names(screen):
        return exact or word
    found = [*_commands_beginning(word), *_queues_beginning(screen, word)]
    return found[0] if len(found) == 1 else None


def _commands_beginning(word: str) -> Sequence[RoomCommand]:
    return [command for command in COMMANDS if word and command.name.startswith(word)]


def _queues_beginning(screen: "RoomScreen", word: str) -> Sequence[str]:
    return [name for name in queue_names(screen) if word and name.startswith(word)]


def _unknown(screen: "RoomScreen", word: str) -> str:
    several = [*(command.name for command in _commands_beginning(word)), *_queues_beginning(screen, word)]
    if several:
        return f"{word} may be {', '.join(several[:-1])} or {several[-1]}: type more of it."
    known = [name for command in COMMANDS for name in (command.name, *command.also)]
    return f"There is no command and no queue {word}{_nearest(word, [*known, *queue_names(screen)])}"


def _nearest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; `:help` lists what there is."


def completions(screen: "RoomScreen", text: str) -> Sequence[str]:
    """What the text may become, as whole lines: the commands first, then the queues."""
    word, space, said = text.partition(" ")
    if not space:
        known = (*(command.name for command in COMMANDS), *queue_names(screen))
        return [one for one in known if one.startswith(word) and one == visible(one)]  # the others cannot be typed
    meant = _meant(screen, word)
    choices = meant.choices(screen) if isinstance(meant, RoomCommand) else list(State) if meant else ()
    return [f"{word} {choice}" for choice in choices if choice.startswith(said)]
