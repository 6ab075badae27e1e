"""Looking writes nothing: every view and every command that shows something, under a viewer's login."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from uuid import uuid4

import pytest

from arqlight import cli, read_only
from arqlight_core import observe
from arqlight_core.errors import NotAllowed
from arqlight_core.jobs import State
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.rights import Role
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store
from tests.rights.conftest import Logins, picture
from tests.rights.letters import LETTERS, Letter, send, watched
from tests.rights.scene import QUEUE

VIEWING: dict[str, list[str]] = {
    "status": [],
    "jobs": [QUEUE.name],
    "job": ["next"],
    "why": ["next"],
    "eta": [QUEUE.name],
    "flow": ["c"],
    "flows": [],
    "schedules": [],
    "workers": [],
    "metrics": [QUEUE.name],
    "failures": [],
    "bulks": [],
    "trash": [],
    "breakers": [],
    "limits": [],
    "holds": [],
    "alerts": [],
    "events": [],
    "audit": [],
    "doctor": [],
}
CHANGING = {words[0] for words in read_only.CHANGING}
ELSEWHERE = {
    "acl",
    "catalogue",
    "completion",
    "exports",
    "health",
    "imports",
    "notices",
    "paths",
    "serve",
    "validation",
    "web",
}
"""Commands that ask no server of queues."""


@pytest.fixture
def untouched(logins: Logins) -> Generator[None]:
    """What is looked at is as it was, and nothing was tried that the server had to deny."""

    async def prepare() -> None:
        admin = Store(logins.server.url)
        await watched(admin)
        await admin.close()

    asyncio.run(prepare())
    before = picture(logins.admin)
    yield
    assert picture(logins.admin) == before
    assert logins.denials() == []


@pytest.fixture
def as_viewer(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", logins.url(Role.VIEWER))


def test_every_command_looks_or_changes() -> None:
    assert {*VIEWING, *CHANGING, *ELSEWHERE} == {*cli.COMMANDS, "alerts"}


@pytest.mark.usefixtures("untouched", "as_viewer")
@pytest.mark.parametrize("command", VIEWING)
def test_a_command_that_shows_something_shows_it_to_a_viewer(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, *VIEWING[command]]) in ((0, 1) if command == "doctor" else (0,)), capsys.readouterr().err


@pytest.mark.usefixtures("as_viewer")
def test_a_command_that_changes_something_says_why_it_does_not(
    logins: Logins, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = logins.admin
    admin.hset("arqlight:queues", QUEUE.name, f'{{"wire": "{QUEUE.wire}"}}')
    before = picture(admin)
    assert cli.run(["pause", QUEUE.name]) == NotAllowed.exit_status == 1
    assert "Your login viewer may not do this" in capsys.readouterr().err
    assert picture(admin) == before


@pytest.mark.usefixtures("as_viewer")
@pytest.mark.parametrize("words", [["fleet"], ["fleet", "--processes", "2"], ["demo", "--headless"]], ids=" ".join)
def test_workers_are_not_begun_under_a_login_that_cannot_be_one(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(words) == NotAllowed.exit_status
    assert "may not work off billing:validation; ask for a worker's: `arqlight acl worker" in capsys.readouterr().err


@pytest.mark.parametrize("words", read_only.CHANGING, ids=" ".join)
def test_read_only_begins_nothing_that_changes_something(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*words, "--read-only"]) == 2
    assert f"`arqlight {' '.join(words)}` changes something: leave out --read-only" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--read-only", "pause"], ["pause", "--read-only"]])
def test_read_only_refuses_an_operation_of_whoever_may_do_it(
    given: list[str], logins: Logins, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logins.admin.hset("arqlight:queues", QUEUE.name, f'{{"wire": "{QUEUE.wire}"}}')
    monkeypatch.setenv("REDIS_URL", logins.server.url)
    assert cli.run([*given, QUEUE.name]) == 2
    assert "--read-only was given, or ARQLIGHT_READ_ONLY is set" in capsys.readouterr().err
    assert not logins.admin.exists(f"{QUEUE.prefix}paused")
    assert cli.run(["pause", QUEUE.name]) == 0


async def _flows(store: Store) -> object:
    return await observe.flows(store, await observe.fleet(store), "c")


async def _horizons(store: Store) -> object:
    return await observe.horizons(store, (await observe.fleet(store)).queues)


LOOKS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "breaker": lambda store: observe.breaker(store, LETTERS.name),
    "breakers": observe.breakers,
    "events": observe.events,
    "events_of": lambda store: observe.events_of(store, "breaker", 0),
    "fleet": observe.fleet,
    "failed_jobs": lambda store: observe.failed_jobs(store, "f", [QUEUE.name]),
    "flow": lambda store: observe.flow(store, "c"),
    "flows": _flows,
    "horizons": _horizons,
    "job": lambda store: observe.job(store, "next"),
    "limits": observe.limits,
    "metrics": lambda store: observe.metrics(store, QUEUE.name),
    "past_hour": observe.past_hour,
    "schedules": observe.schedules,
    "surroundings": observe.surroundings,
    "tail": observe.tail,
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", LOOKS)
async def test_a_view_is_a_viewers(name: str, store_of: Callable[[Role], Store]) -> None:
    await LOOKS[name](store_of(Role.VIEWER))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("state", State)
async def test_a_window_of_any_state_is_a_viewers(state: State, store_of: Callable[[Role], Store]) -> None:
    await observe.window(store_of(Role.VIEWER), QUEUE.name, state, 0, 50)


def test_a_producer_enqueues_from_the_command_line(
    logins: Logins, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", logins.url(Role.PRODUCER))
    told = {"validation_id": str(uuid4()), "file_id": str(uuid4())}
    assert cli.run(["enqueue", "billing.validate", json.dumps(told)]) == 0, capsys.readouterr().err
    assert logins.denials() == []
    assert logins.admin.exists(f"arq:job:{capsys.readouterr().out.strip()}")


async def test_what_is_enqueued_from_the_command_line_has_its_account(admin: Store) -> None:
    queued = await submit_on_record(admin, send, Letter("a secret"), load({}), actor="ada")
    [row] = (await observe.audit(admin)).rows
    assert (row.operation, row.actor, row.target, row.condition) == ("enqueue", "ada", "test.letter", "done")
    assert row.outcome == f"queued {queued.job_id}"


async def test_what_a_producer_enqueues_needs_no_account(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    assert (await submit_on_record(store_of(Role.PRODUCER), send, Letter("hello"), load({}), actor="ada")).new
    assert (await observe.audit(admin)).rows == ()
    assert logins.denials() == []
