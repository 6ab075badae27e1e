"""The application: every route behind one guard, over one store."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme, Tag

from arqlight.http.door import admitted
from arqlight.http.event_stream import stream_events
from arqlight.http.figures import FIGURES
from arqlight.http.healing import HEALING
from arqlight.http.health import HEALTH
from arqlight.http.hooks import ingests
from arqlight.http.opened import Opened
from arqlight.http.operating import operations
from arqlight.http.pages import Page
from arqlight.http.problems import answered
from arqlight.http.punctual import punctual
from arqlight.http.records import RECORDS
from arqlight.http.request_ids import identified
from arqlight.http.searches import SEARCHES
from arqlight.http.single_views import single_views
from arqlight.http.slashes import kept_apart
from arqlight.http.steering import STEERING
from arqlight.http.validations import VALIDATIONS
from arqlight.http.views import listings
from arqlight_core.observe.metered import Metered
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

LARGEST = 1024**2
"""Bytes of a body, where its route does not say otherwise."""

_TOLD = "Queues, jobs and what can be done to them. Ask with `Authorization: Bearer TOKEN`; errors are problem+json."


_TAGS = {
    "views": "What can be seen, as in the control room: lists come by the page.",
    "events": "What happens, as it happens.",
    "operations": "What can be done, as by `arqlight NAME`; with `dry_run`, what would be done.",
    "health": "Whether it lives and is ready, and how the queues are.",
    "familiar": "Paths that other systems know.",
    "hooks": "What providers post: a signature is their token.",
}
"""What routes are about, in the order in which they are shown."""


@cache
def routes() -> Sequence[HTTPRouteHandler]:
    """Every path there is; it imports every job type."""
    views = (*listings(), *single_views(), *SEARCHES, *RECORDS, stream_events)
    return (*views, *operations(), *HEALTH, *FIGURES, *STEERING, *HEALING, *VALIDATIONS, *ingests())


def application(store: Store, settings: Settings) -> Litestar:
    """The HTTP interface over a store, which stays the caller's to close."""
    opened = Opened(settings)
    app = Litestar(
        route_handlers=routes(),
        dependencies={
            name: Provide(_given(one), sync_to_thread=False)
            for name, one in {"store": store, "settings": settings, "opened": opened}.items()
        },
        guards=[admitted],
        exception_handlers={HTTPException: answered, Exception: answered},
        openapi_config=_document(),
        request_max_body_size=LARGEST,
        state=State({"store": store, "settings": settings, "streams": set[object](), "metered": Metered(store)}),
        on_shutdown=[opened.close],
        logging_config=None,
    )
    app.asgi_handler = identified(punctual(kept_apart(app.asgi_handler)))  # what has no route has an id, too
    return app


def _given(one: Any) -> Any:
    return lambda: one


def _document() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "token": SecurityScheme(type="http", scheme="bearer"),
        "password": SecurityScheme(type="http", scheme="basic"),
    }
    return OpenAPIConfig(
        title="arqlight",
        version=version("arqlight"),
        description=_TOLD,
        path="/schema",
        components=Components(security_schemes=schemes),
        tags=[Tag(name, told) for name, told in _TAGS.items()],
        render_plugins=[Page(), JsonRenderPlugin()],
        use_handler_docstrings=False,
    )
