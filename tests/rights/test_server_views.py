"""What a viewer sees of the server: everything but what only an administrator may ask, which is said in its place."""

import json

import pytest

from arqlight import cli
from arqlight.store_fleet import StoreFleet
from arqlight_core import observe
from arqlight_core.rights import Role
from arqlight_core.store.gateway import Store
from tests.rights.conftest import Logins
from tests.screens.conftest import visit


async def test_an_admin_sees_the_slow_log_and_a_viewer_why_not(logins: Logins, admin: Store) -> None:
    logins.admin.config_set("slowlog-log-slower-than", 0)
    viewer = Store(logins.url(Role.VIEWER))
    try:
        await observe.fleet(admin)
        assert (await observe.server(admin)).slow
        told = await observe.server(viewer)
        assert (told.slow, told.spikes, told.keys) == ((), (), 0)
        assert told.slow_problem.startswith("Your login viewer may not do this")
        assert told.spikes_problem.startswith("Your login viewer may not do this")
        assert set(logins.denials()) == {"viewer slowlog|get", "viewer latency|latest"}
        assert (await observe.server(viewer, slow=False)).slow_problem == ""
        assert logins.denials() == []
    finally:
        logins.admin.config_set("slowlog-log-slower-than", 10_000)
        await viewer.close()


async def test_the_doctor_tries_nothing_that_a_viewer_may_not(logins: Logins) -> None:
    viewer = Store(logins.url(Role.VIEWER))
    assert "server" in {one.check for one in await observe.doctor(viewer)}
    await viewer.close()
    assert logins.denials() == []


async def test_the_servers_page_asks_once_for_what_is_refused(logins: Logins) -> None:
    async with visit(StoreFleet(lambda: logins.url(Role.VIEWER), "vera"), (120, 40)) as guest:
        guest.room.go("server")
        await guest.until_shown("Your login viewer may not do this")
        assert "noeviction" in guest.text
        assert len(logins.denials()) == 2
        page = guest.room.screen
        await page.fetch()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue] - the page in front
        assert "Your login viewer may not do this" in guest.text
    assert logins.denials() == []


def test_the_command_line_tells_how_the_server_is_and_what_may_not_be_asked(
    logins: Logins, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", logins.url(Role.VIEWER))
    assert cli.run(["server", "info"]) == 0
    told = capsys.readouterr().out
    assert "noeviction" in told
    assert "Your login viewer may not do this" in told
    assert cli.run(["server", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["memory"]["policy"] == "noeviction"
