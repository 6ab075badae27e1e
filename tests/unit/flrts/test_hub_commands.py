"""`arqlight hub`, as it is typed."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from arqlight_core.clock import now
from arqlight_core.policy import DAY
from arqlight_jobs.flrts.linking import link
from arqlight_jobs.flrts.tables.people import chats, users
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.tasks import changes, tasks
from arqlight_jobs.flrts.tables.wishes import wishes
from tests.unit.flrts.hub_shell import MAIL, on_record, rows, set_up, waiting, with_ada
from tests.unit.flrts.reminded import ADA_THERE, DUE
from tests.unit.shell import Shell

LONG = "x" * 256


@pytest.fixture
def empty(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The command line of a hub that knows nobody."""
    set_up(monkeypatch, tmp_path)
    return shell


@pytest.fixture
def hub(empty: Shell) -> Shell:
    return with_ada(empty)


# ------------------------------------------------------------------ users


def test_a_user_is_made_changed_listed_and_forgotten(empty: Shell) -> None:
    assert empty.run("hub", "user", "list").startswith("The task hub has no user")
    assert empty.run("hub", "user", "add", "ada", "--email", MAIL) == "ada\n"
    changed = empty.told("hub", "user", "add", "ada", "--timezone", "Asia/Tokyo")
    assert changed == {"id": "ada", "new": False, "tasks": 0}
    [one] = empty.told("hub", "user", "list")
    assert (one["timezone"], one["openprojectId"], one["chats"]) == ("Asia/Tokyo", None, [])
    assert "Asia/Tokyo" in empty.run("hub", "user", "list")
    assert empty.told("hub", "user", "remove", "ada") == {"id": "ada", "cancelled": 0}
    assert rows(users) == []


def test_a_mail_address_is_never_shown_whole(hub: Shell) -> None:
    for words in (("list",), ("list", "--json")):
        assert MAIL not in hub.run("hub", "user", *words)
    hub.run("hub", "user", "add", "bob", "--email", f"{MAIL}\nBcc: x", expect=2)
    assert MAIL not in hub.complained


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("with blank",), "is no id for a user"),
        (("a:b",), "is no id for a user"),
        (("x" * 65,), "is no id for a user"),
        (("bob", "--timezone", "Mars/Base"), "There is no time zone 'Mars/Base'"),
        (("bob", "--email", "nobody"), "That is no mail address"),
        (("bob", "--openproject", "0"), "is no user's id"),
        (("bob", "--openproject", "4294967296"), "is no user's id"),
        (("bob", "--openproject", "seven"), "seven"),
    ],
)
def test_what_is_no_user_is_refused(empty: Shell, words: tuple[str, ...], why: str) -> None:
    empty.run("hub", "user", "add", *words, expect=2)
    assert why in empty.complained
    assert rows(users) == []


@pytest.mark.parametrize("words", [("user", "remove", "eve"), ("link", "eve")])
def test_an_unknown_user_is_refused(hub: Shell, words: tuple[str, ...]) -> None:
    hub.run("hub", *words, expect=2)
    assert "eve" in hub.complained


def test_who_lives_by_another_clock_has_their_reminders_planned_anew(hub: Shell) -> None:
    assert waiting(hub) == {}
    said = hub.run("hub", "user", "add", "ada", "--timezone", "Asia/Tokyo")
    assert said == "ada is changed; the reminders of 1 tasks are planned anew\n"
    assert waiting(hub) == {"flrts:reminders:schedule": 1}


def test_a_user_who_is_forgotten_takes_chats_and_reminders_along(hub: Shell) -> None:
    code = hub.told("hub", "link", "ada")["code"]
    assert on_record(lambda connection: link(connection, code, "100")) == "ada"
    assert hub.told("hub", "user", "list")[0]["chats"] == [{"id": "100", "inactiveBecause": ""}]
    hub.run("hub", "remind", "42", "ada", "2h")
    assert hub.told("hub", "user", "remove", "ada")["cancelled"] == 1
    assert (rows(users), rows(chats)) == ([], [])
    assert [one["state"] for one in rows(reminders)] == ["cancelled"]


def test_a_code_is_told_with_what_to_write_and_kept_nowhere(hub: Shell) -> None:
    said = hub.run("hub", "link", "ada").splitlines()
    assert said[0].startswith("ada writes this to the bot")
    code = said[1].removeprefix("/start ")
    assert on_record(lambda connection: link(connection, code, "100")) == "ada"
    assert hub.told("hub", "link", "ada")["write"].startswith("/start ")


def test_without_a_bot_there_is_nobody_to_write_to(hub: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    for words in (("link", "ada"), ("poll", "--once")):
        hub.run("hub", *words, expect=2)
        assert "TELEGRAM_BOT_TOKEN is not set" in hub.complained


# ------------------------------------------------------------------ tasks


def test_a_task_is_asked_for_once(hub: Shell) -> None:
    asked = ("hub", "task", "add", "ada", "Buy bread", "--due", "tomorrow", "--ref", "r-1")
    job = hub.run(*asked).strip()
    hub.run(*asked, expect=1)
    assert job in hub.complained
    assert hub.told(*asked, expect=1) == {"jobId": job, "new": False}
    assert waiting(hub) == {"flrts:tasks:create": 1}
    assert [(one["user"], one["title"], one["over"]) for one in rows(wishes)] == [("ada", "Buy bread", False)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("eve", "Bread"), "There is no user eve"),
        (("ada", ""), "title"),
        (("ada", LONG), "title"),
        (("ada", "Bread", "--due", "someday"), "is no day"),
        (("ada", "Bread", "--due", "2001-01-01"), "is past"),
        (("ada", "Bread", "--ref", "a b"), "ref"),
        (("ada", "Bread", "--project", "a:b"), "project"),
    ],
)
def test_a_task_that_cannot_be_made_is_not_asked_for(hub: Shell, words: tuple[str, ...], why: str) -> None:
    hub.run("hub", "task", "add", *words, expect=2)
    assert why in hub.complained
    assert waiting(hub) == {}


def test_tasks_are_listed_as_they_were_last_seen(hub: Shell) -> None:
    assert "Buy bread" in hub.run("hub", "tasks")
    [one] = hub.told("hub", "tasks", "--user", "ada")
    assert (one["id"], one["due"], one["closed"]) == (42, f"{DUE}", False)
    assert [len(hub.told("hub", "tasks", "--project", project)) for project in ("1", "2")] == [1, 0]
    on_record(lambda connection: connection.execute(update(tasks).values(closed=True)))
    assert hub.run("hub", "tasks").startswith("No such task is known")
    assert len(hub.told("hub", "tasks", "--closed")) == 1
    for words in (("--user", "eve"), ("--limit", "0"), ("--limit", "9999")):
        hub.run("hub", "tasks", *words, expect=2)


def test_a_change_is_on_record_and_queued(hub: Shell) -> None:
    words = ("--title", "Bread", "--due", "+3d", "--assignee", "ada", "--status", "New", "--done", "--user", "ada")
    made = hub.told("hub", "change", "42", *words)
    [row] = rows(changes)
    assert (row["id"], row["task"], row["user"], row["state"]) == (made["change"], 42, "ada", "pending")
    due = row["fields"].pop("due")
    assert timedelta(2) <= timedelta(days=(msgspec.convert(due, type(DUE)) - now().date()).days) <= 4 * DAY
    assert row["fields"] == {"subject": "Bread", "assignee": ADA_THERE, "status": "New", "closed": True}
    hub.run("hub", "change", "42", "--due", "none", "--assignee", "none")
    assert waiting(hub) == {"flrts:tasks:update": 2}
    assert {"due": None, "assignee": None} in [row["fields"] for row in rows(changes)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("42",), "Nothing is to be changed"),
        (("0", "--done"), "0"),
        (("x", "--done"), "x"),
        (("42", "--title", ""), "subject"),
        (("42", "--title", LONG), "subject"),
        (("42", "--due", "someday"), "is no day"),
        (("42", "--done", "--user", "eve"), "There is no user eve"),
        (("42", "--assignee", "eve"), "There is no user eve"),
        (("42", "--assignee", "bob"), "Nobody has said who bob is in OpenProject"),
    ],
)
def test_a_change_that_is_none_is_refused(hub: Shell, words: tuple[str, ...], why: str) -> None:
    hub.run("hub", "user", "add", "bob")
    hub.run("hub", "change", *words, expect=2)
    assert why in hub.complained
    assert (rows(changes), waiting(hub)) == ([], {})


def test_openproject_is_read_on_demand(hub: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one["new"] for one in hub.told("hub", "sync")] == [True, True]
    assert waiting(hub) == {"flrts:openproject:sync": 1, "flrts:tasks:sync": 1}
    hub.run("hub", "sync", "--project", "7", "--user", "ada")
    assert waiting(hub)["flrts:tasks:sync"] == 3
    assert "already" in hub.run("hub", "sync")
    for words in (("--user", "eve"), ("--project", "a b"), ("--project", "x" * 60)):
        hub.run("hub", "sync", *words, expect=2)
    monkeypatch.setenv("OPENPROJECT_BASE_URL", "")
    hub.run("hub", "sync", expect=2)
    assert "OPENPROJECT_BASE_URL is not set" in hub.complained


# ------------------------------------------------------------------ reminders


def test_a_reminder_of_one_s_own_is_planned_once_and_shown(hub: Shell) -> None:
    when = f"{now() + 2 * DAY:%Y-%m-%d} 9:30"
    first, again = (hub.told("hub", "remind", "42", "ada", when) for _ in range(2))
    assert first == again
    assert waiting(hub) == {"flrts:reminders:send": 1}
    [one] = hub.told("hub", "reminders", "--user", "ada", "--task", "42")
    assert (one["id"], one["state"], one["due_at"]) == (first["id"], "planned", first["at"])
    assert "UTC" in hub.run("hub", "reminders")
    assert hub.run("hub", "reminders", "--task", "43") == "No such reminder is on record.\n"
    on_record(lambda connection: connection.execute(update(reminders).values(state="failed", reason="why not")))
    assert hub.told("hub", "reminders") == []
    assert "why not" in hub.run("hub", "reminders", "--all")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("42", "eve", "2h"), "There is no user eve"),
        (("43", "ada", "2h"), "Task 43 is not known"),
        (("0", "ada", "2h"), "0"),
        (("42", "ada", "someday"), "is no moment"),
        (("42", "ada", "2001-01-01"), "is past"),
    ],
)
def test_a_reminder_that_cannot_come_is_refused(hub: Shell, words: tuple[str, ...], why: str) -> None:
    hub.run("hub", "remind", *words, expect=2)
    assert why in hub.complained
    assert (rows(reminders), waiting(hub)) == ([], {})


def test_of_a_closed_task_nobody_is_reminded(hub: Shell) -> None:
    on_record(lambda connection: connection.execute(update(tasks).values(closed=True)))
    hub.run("hub", "remind", "42", "ada", "2h", expect=2)
    assert "Task 42 is closed" in hub.complained


def test_read_only_lists_and_changes_nothing(hub: Shell) -> None:
    for words in (("user", "list"), ("tasks",), ("reminders",)):
        hub.run("hub", *words, "--read-only")
    for words in (("user", "add", "bob"), ("task", "add", "ada", "Bread"), ("remind", "42", "ada", "2h"), ("sync",)):
        hub.run("hub", *words, "--read-only", expect=2)
        assert "changes something" in hub.complained
    assert (len(rows(users)), waiting(hub)) == (1, {})
