"""Which script each role may run, on both families of servers: the server says so, whatever client asks."""

from collections.abc import Callable
from typing import Any

import pytest

from arqlight_core.rights import Role
from arqlight_core.store import connect
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call
from tests.contracts.test_scripts import NAMES, SOURCES
from tests.rights.conftest import Logins, picture
from tests.rights.scene import Scene

READING = {name for name, source in SOURCES.items() if source.startswith("#!lua flags=no-writes\n")}
STEERING = {"override", "pause", "pause_schedule", "request", "restore", "resume", "resume_schedule", "steer"}
HOLDING = {"set_hold", "lift_hold"}
ALERTING = {"acknowledge", "lift_silence", "silence"}
ALLOWED = {
    Role.VIEWER: READING,
    Role.OPERATOR: READING
    | STEERING
    | HOLDING
    | ALERTING
    | {"account", "carry", "conclude", "record", "recover", "submit"},
    Role.PRODUCER: {"enqueue", "orders", "rights", "tokens"},
    Role.WORKER: set(NAMES),
    Role.ADMIN: set(NAMES),
}
JOBS = ("arq:", "arqlight:job:", "arqlight:attempts:", "arqlight:log:")
"""What the keys begin with that no operator writes."""


async def allowed(store: Store, call: Call[Any]) -> bool:
    [answer] = await store.run_settled([call])
    if connect.is_forbidden(answer):
        return False
    assert not isinstance(answer, Exception), f"{call.name}: {answer}"
    return True


def of_jobs(client: Any) -> dict[bytes, bytes]:
    return {name: told for name, told in picture(client).items() if name.decode().startswith(JOBS)}


@pytest.mark.parametrize("role", Role)
async def test_a_role_runs_its_scripts_and_no_others(
    role: Role, store_of: Callable[[Role], Store], admin: Store
) -> None:
    told = {name: await allowed(store_of(role), (await Scene.of(admin)).calls()[name]) for name in NAMES}
    assert {name for name, may in told.items() if may} == ALLOWED[role]


async def test_every_script_stands_in_the_scene(admin: Store) -> None:
    assert sorted((await Scene.of(admin)).calls()) == NAMES


async def test_no_script_touches_a_job_when_an_operator_runs_it(
    logins: Logins, store_of: Callable[[Role], Store], admin: Store
) -> None:
    scene = await Scene.of(admin)
    before = of_jobs(logins.admin)
    answers = await store_of(Role.OPERATOR).run_settled(list(scene.calls().values()))
    assert any(isinstance(answer, Exception) for answer in answers)
    assert of_jobs(logins.admin) == before
