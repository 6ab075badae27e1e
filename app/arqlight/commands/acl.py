"""`arqlight acl`: the rules by which a server lets a login do what its role needs, and nothing else."""

import asyncio
import getpass
import sys
from typing import Annotated

from cyclopts import Parameter

from arqlight import output
from arqlight_core import rights
from arqlight_core.errors import UsageError
from arqlight_core.rights import Role


async def acl(
    role: Role,
    /,
    *,
    user: str = "",
    queue: tuple[str, ...] = (),
    aclfile: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Print the ACL rules of a role; with --user the whole command that makes such a login, or makes it anew.

    The password is asked for, or read from standard input, and only its hash is printed.

    Args:
        role: What the login is for.
        user: The login's name.
        queue: The name of a queue of stock arq that does not begin with arq: as the default does; may be repeated.
        aclfile: Print a line of the server's ACL file instead.
        json: Print JSON.
    """
    if aclfile and not user:
        raise UsageError("A line of an ACL file needs the login's name: add --user NAME.")
    told = rights.rules(role, queue)
    text = " ".join(told)
    if user:
        password = await asyncio.to_thread(_password, user)
        text = rights.line(user, rights.password_hash(password), told, aclfile=aclfile)
    if json:
        output.as_json({"role": role.value, "user": user, "rules": told, "line": text})
    else:
        output.say(text)


def _password(user: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"Password for {user}: ")
    return sys.stdin.readline().rstrip("\r\n")
