"""What a login may do is known before it is tried, and what is refused is said in one sentence with its remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from arqlight_core import rights
from arqlight_core.errors import NotAllowed, ReadOnly
from arqlight_core.operations import OPERATIONS, Operation
from arqlight_core.rights import Capability, Role
from arqlight_core.rights.login import needed
from arqlight_core.rights.roles import CAPABILITIES
from arqlight_core.store import connect, scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import script
from tests.rights.conftest import Logins
from tests.rights.scene import QUEUE

EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


@pytest.mark.parametrize("role", Role)
async def test_a_login_knows_what_it_may_change(role: Role, store_of: Callable[[Role], Store], logins: Logins) -> None:
    assert await rights.held(store_of(role)) == CAPABILITIES[role]
    assert logins.denials() == []


PAYLOADS = {"edit", "empty_trash", "enqueue", "reveal", "run_schedule"}
"""What an operator may not do: these write payloads, destroy them, or show what is hidden in them."""


async def test_whoever_has_no_acl_may_do_everything(store: Store) -> None:
    assert await rights.held(store) == frozenset(Capability)


async def test_a_login_that_may_not_even_ask_may_nothing(logins: Logins) -> None:
    logins.admin.execute_command("ACL", "SETUSER", "mute", "reset", "on", "nopass", "+ping")
    store = Store(f"unix://mute:x@{logins.server.socket}")
    assert await rights.held(store) == frozenset()
    await store.close()


@EACH
def test_every_operation_needs_something_that_an_admin_has(operation: Operation) -> None:
    assert not CAPABILITIES[Role.ADMIN].isdisjoint(needed(operation))
    assert CAPABILITIES[Role.VIEWER].isdisjoint(needed(operation))


async def test_a_viewer_is_refused_with_whom_to_ask(store_of: Callable[[Role], Store]) -> None:
    with pytest.raises(NotAllowed) as told:
        await rights.refuse(store_of(Role.VIEWER), OPERATIONS["pause"])
    assert str(told.value) == (
        "Your login viewer may not do this (pause): it is a viewer's; "
        "ask for an operator's: `arqlight acl operator --user NAME` prints its rules."
    )


async def test_an_operator_is_refused_only_what_writes_or_reveals_payloads(store_of: Callable[[Role], Store]) -> None:
    operator = store_of(Role.OPERATOR)
    assert await rights.lacking(operator, OPERATIONS.values()) == PAYLOADS
    await rights.refuse(operator, OPERATIONS["pause"])
    with pytest.raises(NotAllowed, match=r"\(run-schedule\): it is an operator's; ask for an admin's"):
        await rights.refuse(operator, OPERATIONS["run_schedule"])


async def test_rights_that_no_role_has_are_listed(logins: Logins) -> None:
    told = [
        *rights.rules(Role.VIEWER),
        "(~arq:* ~arqlight:* +evalsha)",
        "(~arqlight:{*}:paused ~arqlight:{*}:ramp ~arqlight:{*}:holds +del)",
    ]
    logins.admin.execute_command("ACL", "SETUSER", "eva", "reset", "on", "nopass", *told)
    store = Store(f"unix://eva:x@{logins.server.socket}")
    assert await rights.held(store) == {Capability.QUEUE}
    with pytest.raises(NotAllowed, match=r"Your login eva .*: it may change only queue; ask"):
        await rights.refuse(store, OPERATIONS["quiet_worker"])
    await store.close()


async def test_read_only_refuses_every_operation_without_asking_the_server() -> None:
    store = Store("unix:///nowhere/redis.sock", read_only=True)
    assert await rights.lacking(store, OPERATIONS.values()) == OPERATIONS.keys()
    with pytest.raises(ReadOnly, match="no pause: --read-only was given, or ARQLIGHT_READ_ONLY is set"):
        await rights.refuse(store, OPERATIONS["pause"])
    with pytest.raises(ReadOnly, match="Nothing is changed here"):
        await store.run(scripts.pause(QUEUE, "ada", ""))
    await store.close()


async def test_read_only_reads(logins: Logins) -> None:
    store = Store(logins.server.url, read_only=True)
    assert await store.run(scripts.overview(QUEUE, 5))
    await store.close()


async def test_what_is_tried_all_the_same_is_explained(store_of: Callable[[Role], Store]) -> None:
    viewer = store_of(Role.VIEWER)
    told = pytest.raises(NotAllowed, match=r"Your login viewer may not do this at .* ask for a login")
    with told, connect.explaining(viewer.url):
        await viewer.run(scripts.pause(QUEUE, "ada", ""))


async def test_a_script_that_reads_is_made_known_by_a_login_that_may_load_none(
    logins: Logins, store_of: Callable[[Role], Store]
) -> None:
    viewer = store_of(Role.VIEWER)
    calls = [scripts.overview(QUEUE, 5), scripts.window(QUEUE, "dead", 0, 5), scripts.overview(QUEUE, 5)]
    assert len(await viewer.run_all(calls)) == 3
    known = logins.admin.execute_command("SCRIPT", "EXISTS", *(script(name).sha for name in ("overview", "window")))
    assert known == [1, 1]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PRODUCER])
async def test_a_script_that_writes_is_made_known_by_whoever_may_run_it(
    role: Role, store_of: Callable[[Role], Store]
) -> None:
    by: dict[Role, Any] = {
        Role.OPERATOR: scripts.pause(QUEUE, "ada", ""),
        Role.PRODUCER: scripts.enqueue(QUEUE, [scripts.NewJob("new", b"p")]),
    }
    assert await store_of(role).run(by[role])
