"""The control room under each login: a viewer sees everything and changes nothing, and is told what it may not do."""

from typing import Any

from arqlight.store_fleet import StoreFleet
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS
from arqlight_core.rights import Role
from arqlight_core.store.gateway import Store
from tests.rights.conftest import Logins, picture
from tests.rights.letters import watched
from tests.rights.scene import QUEUE
from tests.screens.conftest import visit


async def test_the_control_room_shows_a_viewer_everything_and_what_cannot_be_done(logins: Logins, admin: Store) -> None:
    await watched(admin)
    before = picture(logins.admin)
    async with visit(StoreFleet(lambda: logins.url(Role.VIEWER), "vera"), (120, 40)) as guest:
        await guest.until_shown(QUEUE.name)
        await guest.press("p")
        await guest.until(lambda: any("Your login viewer may not do this (resume)" in text for text in guest.toasts))
        await guest.press("question_mark")
        await guest.until_shown("not with this login, or read-only: Stop claims")
        await guest.press("escape", "ctrl+p")
        await guest.until_shown("pause/resume (p, not with this login")
        await guest.press("escape", "G", "enter")
        await guest.turn_to(State.DEAD)
        await guest.until_shown("broken")
    assert picture(logins.admin) == before
    assert logins.denials() == []


async def test_the_control_room_lets_an_operator_pause(logins: Logins, admin: Store) -> None:
    await watched(admin)
    fleet = StoreFleet(lambda: logins.url(Role.OPERATOR), "otto")
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown("test:halted")
        assert "pause" not in fleet.denied
        await guest.press("G", "p")
        await guest.until_shown("paused otto")
    assert logins.denials() == []


async def test_the_control_room_read_only_denies_every_operation(logins: Logins, admin: Store) -> None:
    await watched(admin)
    fleet = StoreFleet(lambda: logins.server.url, "ada", read_only=True)
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown(QUEUE.name)
        await guest.press("p")
        await guest.until(lambda: any("no resume: --read-only was given" in text for text in guest.toasts))
    assert fleet.denied == OPERATIONS.keys()


async def test_rights_that_are_given_meanwhile_are_used_at_the_next_key(logins: Logins, admin: Store) -> None:
    await watched(admin)
    fleet: Any = StoreFleet(lambda: logins.url(Role.VIEWER), "vera")
    await fleet.view()
    assert "pause" in fleet.denied
    logins.admin.execute_command("ACL", "SETUSER", "viewer", "~*", "&*", "+@all")
    assert (await fleet.perform("pause", queue=QUEUE.name)).changed == 1
    assert fleet.denied == frozenset()
    await fleet.close()
