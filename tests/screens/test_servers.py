"""Going from server to server: nothing of the last one stays, the header says where one is, read-only stays on."""

from collections.abc import Sequence

from arqlight_core.errors import UsageError
from arqlight_screens.servers import Server
from arqlight_screens.source import Fleet
from tests.screens.canned import CannedFleet, busy_fleet, fleet_view, queue
from tests.screens.conftest import Visit, visit
from tests.screens.test_command_line import say

DEV, PROD = Server("dev", "redis://dev:6379", "green"), Server("prod", "redis://prod:6379", "#ff0000", production=True)


class TwoServers:
    """One with a queue of its own, one in production."""

    def __init__(self) -> None:
        self.here: Server | None = DEV
        self.prod = CannedFleet(fleet_view(queue("prod:mail")))

    def known(self) -> Sequence[Server]:
        return DEV, PROD

    def go_to(self, name: str) -> Fleet:
        if name != "prod":
            raise UsageError(f"There is no context {name}: there are dev, prod.")
        self.here = PROD
        return self.prod


def header(guest: Visit) -> str:
    return guest.text.splitlines()[0]


async def test_another_server_is_gone_to_and_the_last_one_let_go(fleet: CannedFleet) -> None:
    servers = TwoServers()
    async with visit(fleet, servers=servers) as guest:
        await guest.until(lambda: header(guest).startswith(" dev "))
        await guest.press("enter")
        await guest.until_shown("billing:validation")
        await say(guest, "ctx prod")
        await guest.until_shown("prod:mail")
        assert "billing:validation" not in guest.text
        assert " ! prod production " in header(guest)
        assert (fleet.closed, servers.prod.closed) == (True, False)
        await guest.press("enter")
        await guest.until_shown(" / prod:mail")
        await guest.press("escape", "3", "escape")
        await guest.until_shown("▸prod:mail")
    assert servers.prod.closed


async def test_the_view_at_hand_stays_the_view_at_hand(fleet: CannedFleet) -> None:
    servers = TwoServers()
    async with visit(fleet, servers=servers) as guest:
        await guest.press("3")
        await guest.until_shown("worker-2")
        await guest.press("colon", *"ctx", "enter")
        await guest.until_shown("redis://prod:6379, production")
        await guest.press("2")
        await guest.until(lambda: "! prod production" in header(guest))
        await guest.until_shown("worker-2")


async def test_an_unknown_server_changes_nothing(fleet: CannedFleet) -> None:
    async with visit(fleet, servers=TwoServers()) as guest:
        await say(guest, "ctx staging")
        await guest.until(lambda: "There is no context staging: there are dev, prod." in guest.toasts)
        assert (guest.room.fleet, fleet.closed) == (fleet, False)


async def test_read_only_is_shown_and_goes_along_to_every_server(fleet: CannedFleet) -> None:
    servers = TwoServers()
    async with visit(fleet, servers=servers) as guest:
        await say(guest, "ro")
        await guest.until(lambda: " RO " in header(guest))
        await say(guest, "ctx prod")
        await guest.until(lambda: "prod production" in header(guest))
        assert " RO " in header(guest)
    assert fleet.read_only
    assert servers.prod.read_only


async def test_commands_are_copied_with_the_context(fleet: CannedFleet) -> None:
    async with visit(fleet, servers=TwoServers()) as guest:
        await guest.until_shown("billing:validation")
        await guest.press("y")
        await guest.until_shown("arqlight --context dev status")


def test_a_colour_that_is_none_tints_nothing() -> None:
    assert Server("x", colour="mauvish").tint is None
    assert Server("x").tint is None
    assert PROD.tint is not None


async def test_a_canned_fleet_is_seen_again_after_a_failure_at_the_new_server() -> None:
    fleet, servers = CannedFleet(busy_fleet()), TwoServers()
    servers.prod.failure = UsageError("wrong password")
    async with visit(fleet, servers=servers) as guest:
        await say(guest, "ctx prod")
        await guest.until_shown("wrong password")
        servers.prod.failure = None
        guest.room.look_now()
        await guest.until_shown("prod:mail")
