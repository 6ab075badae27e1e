"""Failures of one bug have one fingerprint, those of two bugs two; nothing of a payload is left in it."""

import builtins
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import PayloadInvalid
from arqlight_core.fingerprint import (
    LONGEST_PATTERN,
    fingerprint,
    fingerprint_of,
    frame_of,
    pattern_of,
)

ALIKE = [
    ("row 9 is wrong", "row 10,000,000 is wrong"),
    ("amount -5.20 is too small", "amount 17 is too small"),
    ("took 1e-07 s", "took 3.25 s"),
    ("HTTP 503 from https://api.example.com/v2/users/42?x=1", "HTTP 503 from http://10.0.0.1:8080/"),
    ("mail to jane.doe@example.com bounced", "mail to x@y.org bounced"),
    ("mail to j•••@example.com bounced", "mail to x@y.org bounced"),
    ("calling +1 (514) 555-1234 failed", "calling 15145551234 failed"),
    ("no user 'Jane Doe'", 'no user "O\'Brien"'),
    ("no user b'Jane'", "no user 'it\\'s me'"),
    ("no user “Jane”", "no user «Dupont»"),
    ("no user 'Jane", "no user 'Jane Doe, who lives at"),
    ("run 123e4567-e89b-12d3-a456-426614174000 is gone", "run 01HZX3K9V5T7WQ2B4N6M8P0R1S is gone"),
    ("run 3f2a9c1b is gone", "run 12345678 is gone"),
    ("<Foo object at 0x7f1234abcd>", "<Foo object at 0x55aa>"),
    ("due 2026-05-28T20:26:40.123Z", "due 2026-05-28"),
    ("due Sat, 12 Dec 2026 10:00:00 GMT", "due Dec 1, 2026"),
    ("host 10.0.0.1:443 refused", "host 2001:db8::ff00:42:8329 refused"),
    ("cannot open /data/t-42/up.csv", "cannot open /home/jane/x"),
    ("cannot open C:\\Users\\jane\\x.txt", "cannot open uploads/2026/x.csv"),
    ("missing ids 1, 2, 3 and 4", "missing ids 7"),
    ("missing 'a', 'b'", "missing 'c'"),
    ("Key (email)=(Jane Doe) exists", "Key (email)=(x) exists"),
    ("refused: customer=Jane status=404", "refused: customer=Ann status=500"),
    ("password=hunter2 refused", "password=correcthorse refused"),
    ("tenant42 is over its quota", "tenant7 is over its quota"),
    ("first line\nDETAIL: Jane", "first line\nDETAIL: Ann"),
    ("  too  many\tspaces ", "too many spaces"),
    ("line 12:34 is bad", "line 1200:4 is bad"),
]
APART = [
    ("row 9 is wrong", "column 9 is wrong"),
    ("'NoneType' object has no attribute 'name'", "'NoneType' object has no attribute 'email'"),
    ("name 'foo' is not defined", "name 'bar' is not defined"),
    ("No module named 'lxml.etree'", "No module named 'yaml'"),
    ("send() got an unexpected keyword argument 'a'", "send() got an unexpected keyword argument 'b'"),
    ("Object missing required field `name`", "Object missing required field `email`"),
    ("Expected `int`, got `str` - at `$.rows[...].a`", "Expected `int`, got `str` - at `$.rows[...].b`"),
    ("Expected `int`, got `str`", "Expected `int | null`, got `str`"),
    ("connection refused", "connection reset"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_differs_only_in_values_is_one_group(one: str, other: str):
    assert pattern_of(one) == pattern_of(other)
    assert fingerprint("E", one, "m:f") == fingerprint("E", other, "m:f")


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_differs_in_words_or_in_names_of_code_is_two(one: str, other: str):
    assert fingerprint("E", one).id != fingerprint("E", other).id


def test_the_exceptions_type_and_the_place_tell_bugs_apart():
    prints = {fingerprint(error, "it broke", frame).id for error in ("A", "B") for frame in ("m:f", "m:g", "n:f")}
    assert len(prints) == 6
    assert all(len(one) == 12 and set(one) <= set("0123456789abcdef") for one in prints)


@pytest.mark.parametrize("secret", ["Jane", "hunter2", "514", "4111", "jane@example.com", "10.1.2.3"])
@pytest.mark.parametrize(
    "message",
    ["no '{}'", 'no "{}', "no “{}”", "no `{}`", "password: {}", "x={}", "Key (name)=({})", "https://h/{}", "/home/{}"],
)
def test_no_value_survives(message: str, secret: str):
    assert secret not in pattern_of(message.replace("{}", secret))


def test_a_value_that_the_bound_cuts_does_not_survive():
    assert "secret" not in pattern_of("broken: '" + "secret " * 1_000 + "'")


@given(st.text())
def test_it_never_raises_and_its_pattern_is_one_short_line(message: str):
    pattern = pattern_of(message)
    assert len(pattern) <= LONGEST_PATTERN
    assert "\n" not in pattern
    pattern.encode()
    assert fingerprint(message, message, message) == fingerprint(message, message, message)


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
FORMS = ["row {} of {}", "{}", "row {}, {}", "took {}ms and {}s", "({}) {}!", "id-{}", "{}: {}", "#{} [{}]"]


@given(st.sampled_from(FORMS), st.lists(NUMBERS, min_size=4, max_size=4))
def test_numbers_decide_nothing_whatever_their_size(form: str, numbers: list[float]):
    one, other = (form.format(*some) for some in (numbers[:2], numbers[2:]))
    assert pattern_of(one) == pattern_of(other)


NATURAL = st.integers(min_value=0)


@given(
    st.sampled_from(["row{} x{}", "{}h{}", "v{}-{}", "{}/{}", "{}:{}", "a-long-name-of-something-{}{}"]),
    NATURAL,
    NATURAL,
)
def test_nor_do_numbers_within_words(form: str, one: int, other: int):
    assert pattern_of(form.format(one, one)) == pattern_of(form.format(other, other))


@given(st.sampled_from(["no {} here", "run {} of {}"]), st.uuids(), st.uuids())
def test_ids_decide_nothing(form: str, one: object, other: object):
    assert pattern_of(form.replace("{}", str(one))) == pattern_of(form.replace("{}", str(other)))


HOSTILE = ["a", "'", '"', "\\", "1", "1.", "a@", "a.", "/", "a/", "-", "a-", "f:", "[", "=", "a=", "a+", "1-", "key='"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_message_costs_no_more_than_a_long_one(piece: str):
    hostile = piece * 1_000_000
    began = perf_counter()
    pattern_of(hostile)
    assert perf_counter() - began < 0.1


# ------------------------------------------------------------------ the place


def caught(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("it did not raise")


def loaded(path: Path, name: str, source: str) -> ModuleType:
    """A module from a file, as if it were installed there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_place_is_the_innermost_function_of_the_own_code(tmp_path: Path):
    library = loaded(tmp_path / "site-packages" / "lib.py", "lib", "def call(act): return act()\ndef fail(): 1 / 0")

    def own() -> object:
        return library.fail()

    here = "test_the_place_is_the_innermost_function_of_the_own_code.<locals>.own"
    assert frame_of(caught(own)) == f"{__name__}:{here}"
    assert frame_of(caught(lambda: library.call(own))) == f"{__name__}:{here}"


def test_the_standard_library_and_arqlight_itself_are_no_place():
    def parse() -> object:
        return builtins.__import__("json").loads("{")

    assert frame_of(caught(parse)).endswith("<locals>.parse")
    assert frame_of(PayloadInvalid("never raised")) == ""


def test_an_application_that_is_installed_is_own_code_and_its_libraries_are_not(tmp_path: Path):
    packages = tmp_path / "site-packages"
    library = loaded(packages / "lib.py", "lib", "def fail(): raise ValueError('no')")
    shop = loaded(packages / "shop.py", "shop", "def sell(fail): fail()")
    error = caught(lambda: shop.sell(library.fail))
    assert error.__traceback__
    error.__traceback__ = error.__traceback__.tb_next and error.__traceback__.tb_next.tb_next  # as from a worker
    assert frame_of(error) == "shop:sell"


def test_a_place_survives_edits_around_it(tmp_path: Path):
    source = "def fail():\n    raise ValueError('no')\n"
    before = loaded(tmp_path / "shop.py", "shop", source)
    after = loaded(tmp_path / "shop2.py", "shop", "# moved\n\n\nX = 1\n" + source)
    assert fingerprint_of(caught(before.fail)) == fingerprint_of(caught(after.fail))


def test_a_group_of_exceptions_is_known_by_the_first_in_it():
    def fail() -> None:
        raise ValueError("row 5")

    first = caught(fail)
    group = ExceptionGroup("unhandled errors", [ExceptionGroup("more", [first]), KeyError("x")])
    assert fingerprint_of(group) == fingerprint_of(first)


def test_an_exception_that_cannot_say_what_it_is_has_a_fingerprint():
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert fingerprint_of(Mute()).error == "Mute"
    assert fingerprint_of(OSError("\udc80 \ud800")).pattern == ""


def test_recursion_to_the_limit_has_one_place():
    def again() -> object:
        return again()

    assert frame_of(caught(again)).endswith("again")
    assert sys.getrecursionlimit() >= 1_000
