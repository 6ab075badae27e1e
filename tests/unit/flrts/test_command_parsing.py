"""What people type is a call, whatever it is; what is wrong with it is one sentence."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.commands.declared import COMMANDS, help_text
from arqlight_jobs.flrts.commands.parsing import Call, parsed, task_and_rest, title_and_due

NAMES = st.from_regex(r"[A-Za-z0-9_]{1,32}", fullmatch=True)
ANYTHING = st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/list", Call("list")),
        ("  /LIST  ", Call("list")),
        ("/new@a_bot milk | tomorrow", Call("new", "a_bot", "milk | tomorrow")),
        ("/done\n7", Call("done", "", "7")),
        ("/new a\nb", Call("new", "", "a\nb")),
        ("hello", Call("", "", "hello")),
        ("/", Call("", "", "/")),
        ("/ new", Call("", "", "/ new")),
        ("/ñ", Call("", "", "/ñ")),
        ("/new@", Call("", "", "/new@")),
        ("", Call("")),
    ],
)
def test_a_text_is_a_call(text: str, call: Call) -> None:
    assert parsed(text) == call


@given(ANYTHING)
def test_whatever_is_written_is_a_call(text: str) -> None:
    call = parsed(text)
    assert call.name == call.name.lower()
    assert call.rest in text


@given(NAMES, NAMES, ANYTHING)
def test_what_is_put_together_is_taken_apart(name: str, bot: str, rest: str) -> None:
    assert parsed(f"/{name}@{bot} {rest}") == Call(name.lower(), bot, rest.strip())


@pytest.mark.parametrize(
    ("text", "told"), [("7", (7, "")), ("#7 tomorrow 9:30", (7, "tomorrow 9:30")), (" 2147483647 x", (2**31 - 1, "x"))]
)
def test_a_task_is_named_by_its_number(text: str, told: tuple[int, str]) -> None:
    assert task_and_rest(text) == told


@pytest.mark.parametrize("text", ["", "seven", "0", "-7", "7.5", "\u0667", "2147483648", "99999999999", "##7", "7x"])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="number"):
        task_and_rest(text)


@given(ANYTHING)
def test_a_task_is_a_number_or_a_sentence(text: str) -> None:
    with contextlib.suppress(UsageError):
        number, rest = task_and_rest(text)
        assert 1 <= number < 2**31
        assert rest in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("milk", ("milk", "")),
        ("buy  milk\n today | friday ", ("buy milk today", "friday")),
        ("a | b | +3d", ("a | b", "+3d")),
        ("milk |", ("milk", "")),
        ("x" * 255, ("x" * 255, "")),
    ],
)
def test_a_title_ends_at_the_last_stroke(text: str, told: tuple[str, str]) -> None:
    assert title_and_due(text) == told


@pytest.mark.parametrize("text", ["", " ", "| friday", "x" * 256])
def test_a_title_has_one_sign_at_least_and_255_at_most(text: str) -> None:
    with pytest.raises(UsageError, match="title"):
        title_and_due(text)


@given(ANYTHING)
def test_a_title_is_one_line_that_fits_or_a_sentence(text: str) -> None:
    with contextlib.suppress(UsageError):
        title, due = title_and_due(text)
        assert title == " ".join(title.split())
        assert 1 <= len(title) <= 255
        assert "|" not in due


def test_help_tells_every_command() -> None:
    assert set(COMMANDS) == {"start", "help", "new", "list", "done", "due", "remind", "status"}
    assert all(one.line in help_text().splitlines() for one in COMMANDS.values())
    assert COMMANDS["new"].line == "/new <title> [| due] - make a task; due is a day"
