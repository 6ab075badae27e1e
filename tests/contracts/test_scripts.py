"""Lua and Python say the same: headers, arguments and their order, names of keys, histogram bounds."""

import inspect
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any, get_args, get_origin

import msgspec
import pytest
from arq import constants

from arqlight_core.observe.minutes import BOUNDS_MS
from arqlight_core.store import scripts
from arqlight_core.store.keys import SHARED as SHARED_KEYS
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import call

QUEUE = QueueKeys.declared("test")
FOLDER = files("arqlight_core.store") / "lua"
SOURCES = {one.name.removesuffix(".lua"): one.read_text() for one in FOLDER.iterdir() if one.name.endswith(".lua")}
SHARED = (FOLDER / "prelude" / "shared.lua").read_text()
HEADER = re.compile(
    r"(#!lua[^\n]*\n)?"
    r"-- (?P<sentence>[A-Z][^\n]*)\n"
    r"-- KEYS: (?P<keys>[^\n]+)\n"
    r"-- ARGV: (?P<argv>[^\n]+)\n"
    r"-- Returns: (?P<returns>[^\n]+)\n"
    r"-- Event: (?P<event>[^\n]+)\n"
    r"(-- Prelude: (?P<prelude>\w+)\n)*"
)
NAMES = sorted(SOURCES)
WRITING = r"'(SET|DEL|UNLINK|[ZH]?INCRBY|ZADD|ZREM|HSET|HDEL|RPUSH|RENAME|P?EXPIRE)'|throw_away\("
GROWING = ("enqueue", "fire", "requeue", "run_schedule")
"""Scripts that bring in jobs: a full server refuses them."""
EACH = pytest.mark.parametrize("name", NAMES)


def with_preludes(name: str) -> str:
    """The source behind the preludes that it names."""
    named = re.findall(r"^-- Prelude: (\w+)$", SOURCES[name], re.MULTILINE)
    return "".join([SOURCES[name], *((FOLDER / "prelude" / f"{one}.lua").read_text() for one in named)])


def typed_calls() -> dict[str, Callable[..., scripts.Call[Any]]]:
    """The functions of scripts.py that answer a Call."""
    own = inspect.getmembers(scripts, inspect.isfunction)
    return {name: one for name, one in own if get_origin(inspect.signature(one).return_annotation) is scripts.Call}


def header(name: str) -> re.Match[str]:
    match = HEADER.match(SOURCES[name])
    assert match, f"{name}.lua does not open with its sentence, KEYS, ARGV, Returns and Event"
    return match


def documented(argv: str) -> list[str]:
    """The arguments that a header names, in order; of a batch, those of one of its parts."""
    batch = re.compile(r"\w+ \((?P<parts>[\w, ]+) for each[^)]*\)")
    plain = batch.sub(lambda found: re.sub(r"\bid\b", "job_id", found["parts"]), argv)
    return [part.strip() for part in re.sub(r" \([^)]*\)", "", plain).split(",")]


def sample(name: str, kind: Any) -> Any:
    """A value that shows where it ends up: it is its own name."""
    [inner] = get_args(kind) or [None]
    if inner is not None:
        return [sample(name, inner)]
    make: Any = kind
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return make(**{field.name: sample(field.name, field.type) for field in msgspec.structs.fields(kind)})
    names: Any = getattr(make, "__dataclass_fields__", None)
    return make(**{one: sample(one, told.type) for one, told in names.items()}) if names else name


def sent(call: scripts.Call[Any]) -> list[Any]:
    """The arguments, those within a packed batch as well."""
    unpacked = (msgspec.msgpack.decode(one) if isinstance(one, bytes) else [one] for one in call.arguments)
    return [part for parts in unpacked for part in parts]


def made(call: Callable[..., scripts.Call[Any]]) -> scripts.Call[Any]:
    """The call with every argument its own name; on a queue, unless it acts on what queues share."""
    parameters = inspect.signature(call).parameters.values()
    return call(*(QUEUE if one.name == "queue" else sample(one.name, one.annotation) for one in parameters))


def test_every_script_has_a_typed_call_and_every_call_its_script():
    assert sorted(typed_calls()) == NAMES


@EACH
def test_a_script_opens_with_one_sentence_and_its_contract(name: str):
    told = header(name)
    assert told["sentence"].endswith(".")
    assert told["keys"] in ("queue, prefix", "shared, prefix")


@EACH
def test_a_typed_call_sends_what_its_script_expects_in_that_order(name: str):
    assert sent(made(typed_calls()[name])) == documented(header(name)["argv"])


@EACH
def test_a_typed_call_runs_its_own_script(name: str):
    call = made(typed_calls()[name])
    assert (call.name, call.queue) == (name, QUEUE if header(name)["keys"].startswith("queue") else SHARED_KEYS)


@EACH
def test_a_script_tells_the_events_that_its_header_promises(name: str):
    body = SOURCES[name]
    emitted = set(re.findall(r"emit\('(\w+)'", body))
    promised = header(name)["event"]
    assert all(kind in promised for kind in emitted), emitted
    if promised.startswith("none"):
        assert "emit(" not in body


@EACH
def test_a_script_that_writes_nothing_says_so_and_the_others_say_what_a_full_server_means(name: str):
    writes = re.search(WRITING, SOURCES[name])
    flags = "#!lua flags=allow-oom\n" if writes else "#!lua flags=no-writes\n"
    assert SOURCES[name].startswith("#!lua\n" if name in GROWING else flags)


def test_the_histogram_has_the_same_bounds_on_both_sides():
    bounds = re.search(r"local BOUNDS = \{([^}]+)\}", SHARED)
    assert bounds
    assert tuple(int(bound) for bound in bounds[1].split(",")) == BOUNDS_MS


@pytest.mark.parametrize(
    ("function", "prefix"),
    [
        ("payload_key", constants.job_key_prefix),
        ("lock_key", constants.in_progress_key_prefix),
        ("retry_key", constants.retry_key_prefix),
        ("result_key", constants.result_key_prefix),
    ],
)
def test_the_keys_of_a_job_are_those_of_arq(function: str, prefix: str):
    assert f"local function {function}(id) return '{prefix}' .. id end" in SHARED


@pytest.mark.parametrize("name", ["events", "wake"])
def test_the_keys_of_a_queue_are_the_same_on_both_sides(name: str):
    assert f"prefix .. '{name}'" in SHARED
    assert getattr(QUEUE, name) == f"{QUEUE.prefix}{name}"


def test_the_trash_has_the_same_keys_on_both_sides():
    assert QUEUE.trash == f"{QUEUE.prefix}trash"
    assert QUEUE.trash_note("op") == f"{QUEUE.prefix}trash:op:note"
    for name, operation in (("purge", "bulk"), ("undo", "operation")):
        assert f"local trash = prefix .. 'trash:' .. {operation}" in with_preludes(name)
        assert "trash .. ':note'" in with_preludes(name)


# ------------------------------------------------------------------ what a script gets of the preludes


@pytest.mark.parametrize("prelude", sorted(one.name for one in (FOLDER / "prelude").iterdir()))
def test_every_line_of_a_prelude_belongs_to_a_statement_that_can_be_left_out(prelude: str):
    text = (FOLDER / "prelude" / prelude).read_text()
    code = [line for line in text.splitlines() if line.strip() and not line.startswith("--")]
    told = "".join(found[0] for found in call._STATEMENT.finditer(text))  # pyright: ignore[reportPrivateUsage] - its own
    assert [line for line in told.splitlines() if line.strip()] == code


def test_a_script_is_sent_with_what_it_uses_and_nothing_else():
    whole = call.script("overview").source
    assert "local function due_since(" in whole
    assert "local HEAD_START =" in whole, "what it uses of the preludes uses it"
    assert "local function emit(" not in whole
