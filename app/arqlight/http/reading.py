"""Reads the JSON of a request just as the document says it is: litestar itself takes 0 for false, and "1" for 1."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException

from arqlight_core.errors import UsageError

JSON = "application/json"
_WHAT = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_FIELD = re.compile(r"field `(?P<name>.*)`", re.DOTALL)


def reads(kind: Any, *, is_optional: bool) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """What raises for a body that does not fit the type; an optional one may be left out."""
    decoder = msgspec.json.Decoder(kind)

    async def read(request: Request[Any, Any, Any]) -> None:
        raw = await request.body()
        if not raw and is_optional:
            return
        _refuse_other(request.headers.get("content-type", ""))
        try:
            decoder.decode(raw)
        except msgspec.ValidationError as problem:
            raise ValidationException(extra=[_fault(str(problem))]) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise UsageError(f"The body is no JSON ({problem}): send a JSON object.") from None
        except RecursionError:
            raise UsageError("The body is nested too deeply: no payload needs so many levels.") from None

    return read


def _refuse_other(content_type: str) -> None:
    told = content_type.partition(";")[0].strip().lower()
    if told not in ("", JSON):
        detail = f"The body is said to be {told}: send JSON, with the header Content-Type: {JSON}."
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail=detail)


def _fault(problem: str) -> dict[str, str]:
    """Which field, by its path, and what is wrong with it: as litestar tells it."""
    found, missing = _WHAT.fullmatch(problem), _FIELD.search(problem)
    message, path = (found["message"], found["path"] or "") if found else (problem, "")
    names = [path, missing["name"] if missing and not path.endswith(missing["name"]) else ""]
    return {"key": ".".join(name for name in names if name), "message": message}
