"""Every log line is for people or for programs as asked, and no secret and no person's address is in any of them."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest
import structlog

from arqlight_core import logs
from arqlight_core.settings import load

SECRETS = {
    "REDIS_URL": "redis://ada:geheim-redis@db:6379/0",
    "DATABASE_URL": "postgresql://u:geheim%2Fsql@db/x",
    "BULL_BOARD_PASSWORD": 'geheim "board"',
    "PAYLOAD_ENC_KEYS": "geheim-key-one,geheim-key-two",
    "PHI_HMAC_KEY": "geheim-phi",
}
Start = Callable[..., io.StringIO]


@pytest.fixture
def start() -> Generator[Start]:
    """Configures logging as a process does at its start; answers where the lines go."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    def configured(form: str, level: str = "INFO", **environment: str) -> io.StringIO:
        stream = io.StringIO()
        logs.configure(load({**SECRETS, **environment, "ARQLIGHT_LOG": form}), level, stream)
        return stream

    yield configured
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def fail(message: str) -> None:
    raise ValueError(message)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "hidden",
    [
        "redis://ada:geheim-redis@db:6379/0",
        "geheim-redis and geheim%2Fsql and geheim/sql",
        'the password is geheim "board"',
        "geheim-key-two",
        "https://user:geheim@api.example/v1",
        "GET https://api.telegram.org/bot123456:geheim-TOKEN_x/sendMessage",
        "Authorization: Bearer geheim.abc.def",
        "{'authorization': 'Basic geheim=='}",
        "POST /x?key=geheim&n=1",
        "token=geheim",
        "password='geheim mit Leerzeichen'",
        '{"api_key": "geheim"}',
    ],
)
def test_no_secret_is_in_any_line(start: Start, form: str, hidden: str):
    stream = start(form)
    log = logging.getLogger("arqlight.test")
    log.info("told: %s", hidden)
    log.info("extra", extra={"fields": {"nested": [hidden]}, "password": "geheim"})
    structlog.get_logger("mine").info(hidden, value=hidden, odd=ValueError(hidden))
    try:
        fail(hidden)
    except ValueError:
        log.exception("it failed")
    assert stream.getvalue().count("•••") >= 5
    assert "geheim" not in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_addresses_and_numbers_of_persons_are_masked(start: Start, form: str):
    stream = start(form)
    logging.getLogger("x").info("to jane.doe@example.com at +15145551234")
    assert "j•••@example.com" in stream.getvalue()
    assert "+1514•••1234" in stream.getvalue()
    assert "jane" not in stream.getvalue()


def test_json_lines_hold_message_level_logger_moment_and_what_is_bound(start: Start):
    stream = start("json")
    logs.bind(lambda: {"job_id": "j-1", "queue": "crm:letters", "attempt": 2})
    logging.getLogger("arqlight.test").warning("slow by %d ms", 7)
    line: dict[str, Any] = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "slow by 7 ms",
        "level": "warning",
        "logger": "arqlight.test",
        "job_id": "j-1",
        "queue": "crm:letters",
        "attempt": 2,
    }


def test_what_was_bound_last_is_told_and_what_the_line_itself_says_before_all(start: Start):
    stream = start("json")
    logs.bind(lambda: {"queue": "outer", "job_id": "outer"})
    logs.bind(lambda: {"queue": "inner", "job_id": "inner"})
    logging.getLogger("x").warning("here", extra={"job_id": "own"})
    line: dict[str, Any] = json.loads(stream.getvalue())
    assert (line["queue"], line["job_id"]) == ("inner", "own")


def test_an_exception_is_one_line_of_json(start: Start):
    stream = start("json")
    try:
        fail("broken")
    except ValueError:
        logging.getLogger("x").exception("it failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["exception"].endswith("ValueError: broken")


def test_text_has_no_colours_where_there_is_no_terminal(start: Start):
    stream = start("text")
    logging.getLogger("x").error("plain")
    assert "plain" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_the_level_of_the_environment_wins_over_the_commands(start: Start):
    stream = start("text", "INFO", ARQLIGHT_LOG_LEVEL="ERROR")
    logging.getLogger("x").warning("hushed")
    logging.getLogger("x").error("told")
    assert "hushed" not in stream.getvalue()
    assert "told" in stream.getvalue()


@pytest.mark.parametrize("chatty", ["httpx", "httpcore", "httpcore.connection"])
def test_http_clients_do_not_tell_of_every_call(start: Start, chatty: str):
    stream = start("text", "DEBUG")
    logging.getLogger(chatty).info("HTTP Request: GET https://api/bot1:geheim/x")
    assert stream.getvalue() == ""


def test_configuring_does_not_load_structlog_before_a_line_is_logged():
    program = "from arqlight_core import logs; import sys, logging; logs.configure(); print('structlog' in sys.modules)"
    program += "; logging.getLogger().error('x'); print('structlog' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
