"""The rules as they are printed: whole, without the password, and nothing that could be taken for a pattern."""

import json
import subprocess
from collections.abc import Generator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from arqlight import cli
from arqlight_core import rights
from arqlight_core.errors import UsageError
from arqlight_core.rights import Role
from arqlight_core.store import connect
from arqlight_core.store.embedded import EmbeddedServer
from tests.rights.conftest import STOCK, Logins

SECRET = "top secret"  # noqa: S105 - of no login
HASH = f"#{sha256(SECRET.encode()).hexdigest()}"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password on standard input."""
    monkeypatch.setattr("sys.stdin", StringIO(f"{SECRET}\n"))


@pytest.mark.parametrize("role", Role)
def test_the_rules_of_a_role_begin_with_nothing_at_all(role: Role) -> None:
    assert rights.rules(role)[:3] == ("resetkeys", "resetchannels", "-@all")


@pytest.mark.parametrize("name", ["two words", "all*", "a?b", "[ab]", "a(b", 'a"b', "", "a\\b"])
def test_a_queue_whose_name_would_be_a_pattern_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="An ACL cannot name the queue"):
        rights.rules(Role.VIEWER, [name])


@pytest.mark.parametrize("name", ["two words", "", 'a"b'])
def test_a_name_that_no_login_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="No login can be called"):
        rights.line(name, HASH, [])


@pytest.mark.usefixtures("typed")
def test_a_login_is_printed_without_its_password(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["acl", "viewer", "--user", "ada"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"ACL SETUSER ada reset on {HASH} resetkeys resetchannels -@all %R~arq:* ")
    assert SECRET not in told


def test_without_a_login_the_rules_alone_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["acl", "admin"]) == 0
    assert capsys.readouterr().out == "resetkeys resetchannels -@all ~* &* +@all\n"


@pytest.mark.usefixtures("typed")
def test_the_rules_are_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["acl", "worker", "--user", "w", "--queue", "plain", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"~plain", "~plain:health-check"} <= set(told["rules"])
    assert (told["role"], told["user"]) == ("worker", "w")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["acl", "viewer", "--aclfile"], "needs the login's name: add --user NAME."),
        (["acl", "viewer", "--queue", "a*"], "An ACL cannot name the queue 'a*'"),
        (["acl", "viewer", "--user", "ada"], "A login needs a password; give one line on standard input."),
    ],
)
def test_what_makes_no_login_is_said(
    given: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    assert cli.run(given) == 2
    assert sentence in capsys.readouterr().err


def test_a_login_made_anew_keeps_nothing_of_what_it_was(logins: Logins) -> None:
    admin = logins.admin
    admin.execute_command("ACL", "SETUSER", "ada", "on", ">old", "~*", "&*", "+@all", "(~x +set)")
    admin.execute_command("ACL SETUSER", *rights.line("ada", HASH, rights.rules(Role.VIEWER, [STOCK])).split()[2:])
    assert {**admin.acl_getuser("ada"), "passwords": []} == {**admin.acl_getuser("viewer"), "passwords": []}


@pytest.fixture
def filed(acl_server: EmbeddedServer, folder: Path) -> Generator[Path]:
    """The socket of a server that reads its logins from a file."""
    lines = [rights.line(role, HASH, rights.rules(role), aclfile=True) for role in Role]
    (folder / "users.acl").write_text("\n".join(["user default on nopass ~* &* +@all", *lines]) + "\n")
    options = ["--port", "0", "--unixsocket", str(folder / "s"), "--aclfile", str(folder / "users.acl"), "--save", ""]
    process = subprocess.Popen([str(acl_server.binary), *options], stdout=subprocess.DEVNULL)
    yield folder / "s"
    process.terminate()
    process.wait()


def test_a_server_takes_the_lines_of_an_acl_file(filed: Path, logins: Logins) -> None:
    client: Any = connect.threaded(f"unix://viewer:{SECRET.replace(' ', '%20')}@{filed}", retries=30)
    assert client.execute_command("ACL", "WHOAMI") == b"viewer"
    client.close()
    client = connect.threaded(f"unix://{filed}")
    told = {role: client.acl_getuser(role) for role in Role}
    client.close()
    assert [one["passwords"] for one in told.values()] == [[HASH[1:]]] * len(Role)
    for role in Role:
        logins.admin.execute_command("ACL SETUSER", *rights.line(role, HASH, rights.rules(role)).split()[2:])
        assert plain(told[role]) == plain(logins.admin.acl_getuser(role))


def plain(user: dict[str, Any]) -> tuple[list[set[str]], int]:
    """What a login may; servers tell of commands in any order."""
    return [set(user[part]) for part in ("commands", "keys", "channels")], len(user["selectors"])
