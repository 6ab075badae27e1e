"""`arqlight webhook` and `arqlight automation`: what they say to people, to programs, and to nonsense."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from arqlight_core.settings import Settings, load
from arqlight_jobs.crm.deliveries import Deliveries, publish
from arqlight_jobs.crm.records import records
from tests.unit.crm.hooks import PLANTED, an_event
from tests.unit.crm.walking import graph, people
from tests.unit.shell import Shell

URL = "https://127.0.0.1/hooks?token=abcdef1234567890"
MESSAGE = {"kind": "send_message", "sender": "100", "content": "hello", "next": "end"}


@pytest.fixture
def office(shell: Shell, tmp_path: Path) -> Shell:
    """The command line, with a tenant and its people."""
    shell.patch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    shell.patch.setenv("ARQLIGHT_ACTOR", "ada")
    shell.patch.setenv("PAYLOAD_ENC_KEYS", Fernet.generate_key().decode())
    shell.patch.setenv("SSRF_ALLOWLIST", "127.0.0.1")
    asyncio.run(moved_in(load()))
    return shell


async def moved_in(settings: Settings) -> None:
    async with records(settings) as held:
        await people(held)


async def delivered(settings: Settings) -> str:
    """The id of a delivery that is over."""
    async with records(settings) as held:
        [asked] = await publish(held.engine, an_event())
        await Deliveries(held.engine).delivered(asked.delivery)
        return asked.delivery


def test_a_secret_is_shown_once_and_again_only_when_it_is_new(office: Shell) -> None:
    made = office.told("webhook", "add", "acme", URL, "--event", "contact.*")
    assert made["secret"].startswith("whsec_")
    shown = office.run("webhook", "list") + office.run("webhook", "list", "--json")
    assert "abcdef1234567890" not in shown
    assert made["secret"] not in shown
    [listed] = office.told("webhook", "list", "--tenant", "acme")
    assert (listed["id"], listed["types"], listed["disabled_at"]) == (made["id"], ["contact.*"], None)
    assert office.told("webhook", "list", "--tenant", "other") == []
    rotated = office.told("webhook", "rotate", made["id"])
    assert rotated["secret"] != made["secret"]
    assert "The secret is not shown again." in office.run("webhook", "rotate", made["id"])


def test_an_endpoint_is_switched_off_and_on(office: Shell) -> None:
    made = office.told("webhook", "add", "acme", URL)["id"]
    assert office.run("webhook", "disable", made) == f"{made} is disabled\n"
    assert "ada disabled it" in office.run("webhook", "list")
    assert office.run("webhook", "disable", made) == f"{made} is off already\n"
    assert office.told("webhook", "enable", made)["disabled_at"] is None
    assert office.run("webhook", "enable", made) == f"{made} is on already\n"


def test_a_delivery_is_shown_and_replayed(office: Shell) -> None:
    made = office.told("webhook", "add", "acme", URL)["id"]
    assert office.run("webhook", "deliveries") == "Nothing was posted.\n"
    one = asyncio.run(delivered(load()))
    [told] = office.told("webhook", "deliveries", made, "--status", "delivered")
    assert (told["id"], told["type"], told["attempts"]) == (one, "contact.created", [])
    assert PLANTED not in office.run("webhook", "deliveries") + json.dumps(told)
    [queued] = office.told("webhook", "replay", one)
    [job] = office.told("jobs", "crm:webhook")["rows"]
    assert (job["id"], job["job_type"]) == (queued["job"], "crm.webhook.deliver")
    assert job["id"].endswith(f"webhook:{one}:2")
    office.run("webhook", "replay", one, expect=2)
    assert f"`arqlight retry crm:webhook '{queued['job']}'` runs it" in office.complained
    office.run("webhook", "disable", made)
    office.run("webhook", "replay", one, expect=2)
    assert f"`arqlight webhook enable {made}` comes first" in office.complained


def written(folder: Path, told: Any) -> str:
    path = folder / "flow.json"
    path.write_text(json.dumps(told))
    return str(path)


def test_a_flow_is_added_started_shown_and_stopped(office: Shell, tmp_path: Path) -> None:
    path = written(tmp_path, graph(first=MESSAGE))
    assert office.run("automation", "add", path, "--tenant", "acme") == "welcome version 1\n"
    assert office.told("automation", "add", path, "--tenant", "acme")["version"] == 2
    assert office.run("automation", "list").splitlines()[1].split() == ["acme", "welcome", "2", "3", "contact.created"]
    begun = office.told("automation", "start", "welcome", "ann", "--tenant", "acme", "--ref", "one")
    assert begun["new"] is True
    assert office.told("automation", "start", "welcome", "ann", "--tenant", "acme", "--ref", "one")["new"] is False
    [job] = office.told("jobs", "crm:flow")["rows"]
    assert job["id"].endswith(f"flow:{begun['execution']}:0")
    told = office.told("automation", "show", "welcome", "--tenant", "acme")
    assert [one["status"] for one in told["executions"]] == ["running"]
    assert told["nodes"]["first"]["kind"] == "send_message"
    assert "next end" in office.run("automation", "show", "welcome", "--tenant", "acme")
    assert office.told("automation", "stop", begun["execution"])["status"] == "cancelled"


def test_every_problem_of_a_bad_flow_is_told_at_once(office: Shell, tmp_path: Path) -> None:
    bad = graph(first={**MESSAGE, "next": "lost"}, other={"kind": "teleport"})
    office.run("automation", "add", written(tmp_path, bad), "--tenant", "acme", expect=2)
    assert "first: next leads to lost" in office.complained
    assert "teleport" in office.complained
    unknown = graph(first={**MESSAGE, "content": "gone", "sender": "999"})
    office.run("automation", "add", written(tmp_path, unknown), "--tenant", "acme", expect=2)
    assert "there is no content gone" in office.complained
    assert "there is no sender 999" in office.complained
    assert office.told("automation", "list") == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("webhook add nobody https://127.0.0.1/x", "There is no tenant nobody"),
        ("webhook add acme http://10.0.0.1/x", "internal address"),
        ("webhook add acme https://127.0.0.1/x --event a..b", "no type of event"),
        ("webhook rotate gone", "There is no endpoint gone"),
        ("webhook enable gone", "There is no endpoint gone"),
        ("webhook disable gone", "There is no endpoint gone"),
        ("webhook deliveries gone", "There is no endpoint gone"),
        ("webhook deliveries --status lost", "Choose from"),
        ("webhook replay gone", "There is no delivery gone"),
        ("automation add nowhere.json --tenant acme", "cannot be read"),
        ("automation start gone ann --tenant acme", "acme has no flow gone"),
        ("automation show gone --tenant acme", "acme has no flow gone"),
        ("automation stop gone", "There is no execution gone"),
        ("--read-only webhook add acme https://127.0.0.1/x", "changes something"),
        ("--read-only automation stop gone", "changes something"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(office: Shell, words: str, sentence: str) -> None:
    office.run(*words.split(" "), expect=2)
    assert sentence in office.complained
    assert len(office.complained.strip().splitlines()) == 1
    assert office.told("webhook", "list") == office.told("automation", "list") == []
