"""`arqlight inbox` and `arqlight receive whatsapp`, as they are typed."""

import asyncio
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from arqlight_core.settings import Settings, load
from arqlight_jobs.crm.notification_inbox import Inbox
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.registration import Registry, User
from arqlight_jobs.crm.requests import NotificationAsked
from tests.unit.crm.post import NUMBER, TENANT, contact_row, people
from tests.unit.crm.reception_desk import SECRET, WROTE, body_of, signature, written
from tests.unit.shell import Shell

TOLD = NotificationAsked("ada", "import.done", "i-7", title="Import 7 is done")


@pytest.fixture
def office(shell: Shell, tmp_path: Path) -> Shell:
    """The command line, with a tenant, a contact and a user who was told two things."""
    shell.patch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    shell.patch.setenv("WHATSAPP_APP_SECRET", SECRET)
    shell.patch.setenv("PAYLOAD_ENC_KEYS", Fernet.generate_key().decode())
    asyncio.run(moved_in(load()))
    return shell


async def moved_in(settings: Settings) -> None:
    async with records(settings) as held:
        await people(held.engine, [contact_row("ann", NUMBER)])
        await Registry(held.engine).put_user(User("ada", TENANT))
        await Inbox(held.engine).put("n-1", TOLD)
        await Inbox(held.engine).put("n-2", TOLD)


def unread(office: Shell) -> list[str]:
    return sorted(one["id"] for one in office.told("inbox", "ada", "--unread"))


def test_an_inbox_is_listed_and_read(office: Shell) -> None:
    assert "Import 7 is done" in office.run("inbox", "ada")
    assert unread(office) == ["n-1", "n-2"]
    assert office.run("inbox", "read", "ada", "n-1") == "1 read\n"
    assert unread(office) == ["n-2"]
    assert [one["read_at"] is None for one in sorted(office.told("inbox", "ada"), key=lambda one: one["id"])] == [
        False,
        True,
    ]
    office.run("inbox", "read", "ada", "n-1", "n-9", expect=1)
    assert "2 left" in office.said
    assert office.told("inbox", "read", "ada") == {"user": "ada", "read": 1, "left": 0}
    assert office.run("inbox", "ada", "--unread") == "ada has read everything.\n"
    assert office.run("inbox", "read", "ada") == "0 read\n"


@pytest.mark.parametrize("words", [("ben",), ("read", "ben"), ("read", "ben", "n-1")])
def test_nobody_unknown_has_an_inbox(office: Shell, words: tuple[str, ...]) -> None:
    office.run("inbox", *words, expect=2)
    assert "There is no user ben" in office.complained
    assert unread(office) == ["n-1", "n-2"]


def test_read_only_lists_and_notes_nothing(office: Shell) -> None:
    office.run("--read-only", "inbox", "ada")
    office.run("--read-only", "inbox", "read", "ada", expect=2)
    assert unread(office) == ["n-1", "n-2"]


def test_a_post_out_of_a_file_is_taken_in_once(office: Shell, tmp_path: Path) -> None:
    body = body_of(written())
    file = tmp_path / "post.json"
    file.write_bytes(body)
    words = ("receive", "whatsapp", str(file), "--signature")
    assert office.run(*words, signature(body)) == "Of what the post tells: 1 new. 0 new jobs are queued.\n"
    assert office.told(*words, signature(body))["told"].startswith("Of what the post tells: 1 known before.")
    office.run(*words, signature(body, "another"), expect=2)
    assert "does not fit" in office.complained
    office.run("receive", "whatsapp", str(tmp_path / "none"), "--signature", "x", expect=2)
    assert "cannot be read" in office.complained
    assert not [one for one in (WROTE, NUMBER[1:], SECRET) if one in office.complained]
