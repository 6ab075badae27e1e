"""Breakers and limits from the command line: seen, tripped, closed, reset."""

import asyncio

import pytest

from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.acceptance.command_line import CommandLine
from tests.faults.protected import QUEUES

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


async def declare(url: str) -> None:
    store = Store(url)
    await publish(store, QUEUES)
    await store.close()


@pytest.fixture
def declared(user: CommandLine) -> CommandLine:
    user.run("server", "start")
    asyncio.run(declare(EmbeddedServer.of(user.folder).url))
    return user


def conditions(user: CommandLine) -> dict[str, str]:
    return {view["name"]: view["condition"] for view in user.told("breakers")}


def test_without_declarations_it_is_said_where_they_come_from(user: CommandLine) -> None:
    assert "No breaker is declared" in user.run("breakers").stdout
    assert "No limit is declared" in user.run("limits").stdout


def test_a_breaker_is_tripped_for_a_while_closed_and_reset(declared: CommandLine) -> None:
    assert conditions(declared) == {"protected:fragile": "closed", "api": "closed"}
    plan = declared.told("trip-breaker", "api", "--dry-run")
    assert plan["summary"] == "would force breaker api open, until it is reset; it is closed"
    declared.run("trip-breaker", "api", "--for", "30m", "--reason", "their release")
    assert conditions(declared)["api"] == "forced open"
    assert "their release (itself closed)" in declared.run("breakers").stdout
    declared.run("close-breaker", "api")
    declared.run("half-open-breaker", "protected:fragile")
    assert conditions(declared) == {"protected:fragile": "half-open", "api": "forced closed"}
    for name in ("api", "protected:fragile"):
        declared.run("reset-breaker", name)
    assert conditions(declared) == {"protected:fragile": "closed", "api": "closed"}


def test_an_unknown_breaker_and_a_span_that_is_none_are_refused(declared: CommandLine) -> None:
    assert "There is no breaker smtp; known are: api" in declared.run("trip-breaker", "smtp", expect=2).stderr
    declared.run("trip-breaker", "api", "--for", "soon", expect=2)


def test_limits_are_shown_with_their_rates(declared: CommandLine) -> None:
    [view] = declared.told("limits")
    assert (view["name"], view["rates"], view["denials"], view["keys"]) == ("tenant mail", ["3 per s"], 0, [])
    assert "tenant mail" in declared.run("limits").stdout


def test_standing_holds_are_listed_with_what_ends_them(declared: CommandLine) -> None:
    assert "No hold stands" in declared.run("holds").stdout
    declared.run("set-hold", "protected:fragile", "--where", "tenant=acme", "--for", "2h", "--reason", "unpaid")
    [hold] = declared.told("holds", "protected:fragile")
    assert (hold["queue"], hold["reason"]) == ("protected:fragile", "unpaid")
    assert f"arqlight lift-hold protected:fragile --rule {hold['id']}" in declared.run("holds").stdout
    declared.run("lift-hold", "protected:fragile", "--rule", hold["id"])
    assert declared.told("holds") == []
    assert "There is no queue nowhere" in declared.run("holds", "nowhere", expect=2).stderr
