"""`arqlight token`: who may use the HTTP interface, as what, and for how long."""

from typing import Annotated

from cyclopts import App, Parameter

from arqlight import output
from arqlight.commands.spans import Span
from arqlight.output import age
from arqlight.session import actor, reading
from arqlight_core.operations import tokens
from arqlight_core.rights import Role

token = App(name="token", help="Tokens for the HTTP interface: create, list, revoke.")


@token.command
async def create(
    name: str, /, *, role: Role, for_: Annotated[Span | None, Parameter(name="--for")] = None, json: bool = False
) -> None:
    """Make a token, and print it: it is shown this once, and only its hash is kept.

    Args:
        name: Whose it is: what the audit trail will say.
        role: viewer, operator or admin.
        for_: For how long, such as 30d; without it until it is revoked.
        json: Print JSON.
    """
    async with reading() as store:
        text = await tokens.create_token(store, name, role, actor=actor(), lasting=for_)
    output.as_json({"name": name, "role": role.value, "token": text}) if json else output.say(text)


@token.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every token: whose it is, as what, made by whom, and until when.

    Args:
        json: Print JSON.
    """
    async with reading() as store:
        found, now_ms = await tokens.tokens(store), await store.time_ms()
    if json:
        output.as_json(found)
    elif found:
        output.table(["token", "role", "by", "made", "ends"], [_row(one, now_ms) for one in found])
    else:
        output.say("There is no token; `arqlight token create NAME --role viewer` makes one.")


@token.command
async def revoke(name: str, /) -> None:
    """Revoke a token: whoever has it is refused from the next request on.

    Args:
        name: Its name.
    """
    async with reading() as store:
        await tokens.revoke_token(store, name, actor=actor())
    output.say(f"{name} opens nothing any more")


def _row(one: tokens.TokenView, now_ms: int) -> list[object]:
    left = "over" if one.expired else f"in {age(one.until_ms - now_ms)}" if one.until_ms else "-"
    return [one.name, one.role, one.by, f"{age(now_ms - one.at_ms)} ago", left]
