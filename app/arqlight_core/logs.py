"""Log lines for people or for programs, from every logger, without a secret or a person's address in any of them.

The standard library's logging carries them, structlog renders them, with what is bound to the running job. structlog
is imported by the first line that is logged: a command that logs nothing does not pay for it.
"""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TextIO, cast

from arqlight_core import secrecy
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load

HIDDEN = secrecy.HIDDEN
TOO_SHORT = 4
"""Signs; a secret of fewer would be found in innocent words."""

CHATTY = ("httpx", "httpcore", "asyncio")
"""Loggers that tell of every call, at INFO or DEBUG: httpx with its URL, in which a token may stand."""


def configure(settings: Settings | None = None, level: str = "WARNING", stream: TextIO | None = None) -> None:
    """From now on every logger of this process speaks this way; without settings those of the environment count."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter(settings, is_terminal=handler.stream.isatty()))
    logging.basicConfig(level=(settings and settings.log_level) or level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def bind(describe: Callable[[], Mapping[str, object]]) -> None:
    """Let every line that this task logs from now on carry what `describe` answers; asked only when there is a line."""
    _BOUND.set((*_BOUND.get(), describe))


def _add_bound(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for describe in reversed(_BOUND.get()):  # what was bound last is nearest
        for name, value in describe().items():
            event.setdefault(name, value)
    return event


_BOUND: ContextVar[tuple[Callable[[], Mapping[str, object]], ...]] = ContextVar("bound", default=())


class _Formatter(logging.Formatter):
    """Makes the one that renders when there is a first line to render."""

    def __init__(self, settings: Settings | None, *, is_terminal: bool) -> None:
        super().__init__()
        self._settings = settings
        self._is_terminal = is_terminal
        self._rendering: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._rendering is None:
            self._rendering = _rendering(self._settings or _of_environment(), colours=self._is_terminal)
        return self._rendering.format(record)


def _of_environment() -> Settings:
    try:
        return load()
    except UsageError:  # the command itself says so
        return Settings()


def _rendering(settings: Settings, *, colours: bool) -> logging.Formatter:
    import structlog  # noqa: PLC0415 - see above

    shared: list[Any] = [
        _add_bound,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        Redaction(settings.secrets),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    text = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0, pad_level=False)
    to_logging = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(processors=to_logging, logger_factory=structlog.stdlib.LoggerFactory())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            lines if settings.log == "json" else text,
        ],
    )


class Redaction:
    """A structlog processor that masks in every value, whatever it is, before anything is rendered."""

    def __init__(self, secrets: frozenset[str]) -> None:
        known = [secret for secret in secrets if len(secret) >= TOO_SHORT]
        self._known = sorted(known, key=len, reverse=True)  # a longer one may hold a shorter one

    def __call__(self, _logger: object, _method: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """The event with masks in it."""
        return {name: value if name.startswith("_") else self._field(name, value) for name, value in told.items()}

    def _field(self, name: str, value: Any) -> Any:
        return HIDDEN if _is_secret(name) else self._masked(value)

    def _masked(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, Mapping):
            fields = cast("Mapping[Any, Any]", value)
            return {str(name): self._field(str(name), item) for name, item in fields.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._masked(item) for item in cast("list[Any]", value)]
        return self.text(value if isinstance(value, str) else repr(value))

    def text(self, text: str) -> str:
        """The text with secrets, addresses and phone numbers masked."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        return secrecy.masked_text(secrecy.masked_secrets(text))


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    """Whether a value of that name is a secret whatever it looks like, as that of `password` is."""
    return secrecy.masked_secrets(f"{name}='x'") == f"{name}='{HIDDEN}'"
