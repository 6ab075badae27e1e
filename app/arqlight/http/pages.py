"""The OpenAPI document as a page that needs nothing from elsewhere: no script, no font, no picture."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from litestar import Request
from litestar.constants import OPENAPI_JSON_HANDLER_NAME
from litestar.openapi.plugins import OpenAPIRenderPlugin

from arqlight.http.problems import MEDIA
from arqlight.http.schema_words import default_of, linked, marked, names_in, parts_of, type_of

Told = dict[str, Any]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { background: #8881; padding: .6rem; overflow: auto; }
h2 { margin: 2rem 0 .2rem; } h2 + p { margin-top: 0; } nav a { margin-right: 1rem; }
summary { cursor: pointer; padding: .2rem 0; display: grid; grid-template-columns: 3.5rem 22rem 1fr; gap: .6rem; }
summary > code { overflow-wrap: anywhere; } details[open] > summary { font-weight: 600; }
details > div { margin: .2rem 0 1.2rem 4.1rem; } p { margin: .4rem 0; }
table { border-collapse: collapse; margin: .3rem 0; } td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
tr:target, div:target { background: #fc03; } small { opacity: .7; }
@media (max-width: 45rem) { summary { grid-template-columns: 3.5rem 1fr; } details > div { margin-left: 0; } }
:root { color-scheme: light dark; }
"""
_METHODS = ("get", "put", "post", "delete")
_EXAMPLE = """curl -H "Authorization: Bearer aq.ada.…" {url}api/v1/queues
curl -H "Authorization: Bearer aq.ada.…" --json '{{"queue": "crm:mail", "reason": "mending"}}' \\
     {url}api/v1/operations/pause"""


class Page(OpenAPIRenderPlugin):
    """Every route with its parameters, its body and its answers, by what it is about; then every model."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: Told) -> bytes:
        """The page."""
        info, link = openapi_schema["info"], request.app.route_reverse(OPENAPI_JSON_HANDLER_NAME)
        title = escape(f"{info['title']} {info['version']}")
        names = [*(tag["name"] for tag in openapi_schema["tags"]), "models", "problems"]
        parts = [
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
            f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style><h1>{title}</h1>",
            f"<p>{marked(info['description'])} <a href='{escape(link)}'>The OpenAPI document</a></p>",
            f"<pre>{escape(_EXAMPLE.format(url=request.base_url))}</pre>",
            f"<nav>{''.join(map(_link, names))}</nav>",
        ]
        return "".join(
            [*parts, *_groups(openapi_schema), *_models(openapi_schema), *_problems(openapi_schema)]
        ).encode()


def _link(name: str) -> str:
    return f"<a href='#{name}'>{name}</a>"


def _groups(document: Told) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2 id={tag['name']}>{tag['name']}</h2><p>{marked(tag['description'])}</p>"
        for path, method, told in _routes(document):
            if told["tags"] == [tag["name"]]:
                yield _route(document, path, method, told)


def _routes(document: Told) -> Iterator[tuple[str, str, Told]]:
    for path, item in sorted(document["paths"].items()):
        yield from ((path, method, item[method]) for method in _METHODS if method in item)


def _route(document: Told, path: str, method: str, told: Told) -> str:
    name = f"<b>{method.upper()}</b><code>{escape(path)}</code><span>{marked(told['summary'])}</span>"
    rows = [_row(one["name"], one, one["schema"], one["in"]) for one in told.get("parameters") or ()]
    parts = [f"<p>{marked(told['description'])}</p>", _table(rows), _body(document, told), *_answers(told["responses"])]
    return f"<details><summary>{name}</summary><div>{''.join(parts)}</div></details>"


def _body(document: Told, told: Told) -> str:
    """What a body is, by its media type, and the fields of the model that it has to fit."""
    body: Told = told.get("requestBody") or {"content": {}}
    needed = "" if body.get("required") else ", which may be left out"
    content: Mapping[str, Told] = body["content"]
    kinds = (f"<code>{media}</code> {linked(one['schema'])}" for media, one in content.items())
    schemas: Mapping[str, Told] = document["components"]["schemas"]
    models = (schemas[name] for one in content.values() for name in names_in(one["schema"]))
    fields = "".join(map(_fields, models))
    return f"<p>Body: {' or '.join(kinds)}{needed}.</p>{fields}" if content else ""


def _fields(model: Told) -> str:
    needed: Iterable[str] = model.get("required", ())
    return _table(_row(one, told, told, "needed" if one in needed else "") for one, told in parts_of(model))


def _answers(responses: Mapping[str, Told]) -> Iterator[str]:
    problems: list[str] = []
    for status, one in responses.items():
        content: Mapping[str, Told] = one.get("content") or {}
        if MEDIA in content:
            problems.append(status)
            continue
        shown = "".join(f" <code>{media}</code> {linked(told['schema'])}" for media, told in content.items())
        yield f"<p><b>{status}</b>{shown} <small>{marked(one['description'])}</small></p>"
    yield f"<p>Problems: {' '.join(map(_link, problems))}</p>"


def _models(document: Told) -> Iterator[str]:
    yield "<h2 id=models>models</h2><p>What bodies and answers are made of.</p>"
    for name, schema in document["components"]["schemas"].items():
        shown = _fields(schema) or f"<p>{type_of(schema)}</p>"
        told = f"<b></b><code>{name}</code><span>{marked(schema.get('description', ''))}</span>"
        yield f"<details><summary>{told}</summary><div id={name}>{shown}</div></details>"


def _row(name: str, told: Told, schema: Told, where: str) -> str:
    meaning = marked(told.get("description", "")) + default_of(schema)
    cells = (f"<code>{escape(name)}</code>", linked(schema), f"<small>{where}</small>", meaning)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(rows: Iterable[str]) -> str:
    told = "".join(rows)
    return f"<table>{told}</table>" if told else ""


def _problems(document: Told) -> Iterator[str]:
    """What each status means, once for all routes."""
    every = (answer for _, _, told in _routes(document) for answer in told["responses"].items())
    meanings = {status: one["description"] for status, one in every if MEDIA in (one.get("content") or {})}
    rows = (f"<tr id={one}><td><b>{one}</b><td>{marked(meanings[one])}</tr>" for one in sorted(meanings))
    yield f"<h2 id=problems>problems</h2><p>As {linked({'$ref': '/Problem'})}.</p>{_table(rows)}"
