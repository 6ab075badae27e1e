"""How what is on record is declared: where it stands, what it is, who is asked for it; and the routes made of that."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from arqlight.http.answers import Cursor, Limit, paged
from arqlight.http.opened import Opened
from arqlight.http.problems import Unknown, sought
from arqlight.http.routes import TheOpened, seen
from arqlight.http.told import Page
from arqlight_core.run import Opener

LONGEST = 200
"""Signs of a name that is looked for."""
_IN_PATH = re.compile(r"\{(\w+):str\}")


@dataclass(frozen=True, slots=True)
class Kept:
    """One view of what is on record: where it stands, what it is, of which type, and what opens the records.

    `ask` gets them and, by their names, what stands in the path and in the query. A list comes by the page.
    """

    path: str
    told: str
    view: type
    opener: Opener[Any]
    ask: Callable[..., Awaitable[Any]]
    query: tuple[Parameter, ...] = ()
    is_list: bool = True

    @property
    def name(self) -> str:
        """What it is called in the document, such as list_sites or get_site."""
        words = "_".join(part for part in self.path.split("/") if "{" not in part)
        if not self.is_list:
            return f"get_{words.removesuffix('s')}"
        return "_of_".join([f"list_{words}", *_IN_PATH.findall(self.path)])


def asked(name: str, kind: Any, usual: Any, told: str, called: str | None = None, most: int | None = None) -> Parameter:
    """A parameter of the query, `called` otherwise there where a word is taken; a number is one from 1 to `most`."""
    longest, least = (LONGEST if kind is str else None), (None if most is None else 1)
    annotation = Annotated[kind, QueryParameter(name=called, max_length=longest, ge=least, le=most, description=told)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=usual, annotation=annotation)


TENANT = asked("tenant", str, "", "Only of this tenant; without it of all.")
UNREAD = asked("unread", bool, usual=False, told="Only what is not read.")
STILL_OPEN = asked("still_open", bool, usual=False, told="Only those that are not over.", called="open")

_OPENED = Parameter("opened", Parameter.KEYWORD_ONLY, annotation=TheOpened)
_BY_THE_PAGE = (
    Parameter("cursor", Parameter.KEYWORD_ONLY, default="", annotation=Cursor),
    Parameter("limit", Parameter.KEYWORD_ONLY, default=100, annotation=Limit),
)


def routes(kept: Iterable[Kept]) -> list[HTTPRouteHandler]:
    """The routes."""
    return [_list(one) if one.is_list else _single(one) for one in kept]


def _list(one: Kept) -> HTTPRouteHandler:
    async def listed(opened: Opened, cursor: str, limit: int, **named: Any) -> Page[Any]:
        return paged(await _found(one, opened, named), cursor, limit)

    kind = Page[one.view]  # pyright: ignore[reportInvalidTypeArguments] - known when it runs
    return _declared(one, listed, kind, _BY_THE_PAGE)


def _single(one: Kept) -> HTTPRouteHandler:
    async def shown(opened: Opened, **named: Any) -> Any:
        return await _found(one, opened, named)

    return _declared(one, shown, one.view)


async def _found(one: Kept, opened: Opened, named: Mapping[str, Any]) -> Any:
    if any("\0" in text for text in named.values() if isinstance(text, str)):
        raise Unknown("Nothing has such a name.")  # PostgreSQL takes no text with that sign
    held = await opened.records(one.opener)
    with sought():
        return await one.ask(held, **named)


def _declared(
    one: Kept, answer: Callable[..., Awaitable[Any]], kind: Any, more: tuple[Parameter, ...] = ()
) -> HTTPRouteHandler:
    """The route of a function that takes what the path and the query name."""
    in_path = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=FromPath[str]) for name in _IN_PATH.findall(one.path)]
    told: Any = answer
    told.__signature__ = Signature(takes := [_OPENED, *in_path, *one.query, *more])
    told.__annotations__ = {**{each.name: each.annotation for each in takes}, "return": kind}
    told.__name__, told.__doc__ = one.name, one.told
    return seen(f"/api/v1/{one.path}")(told)
