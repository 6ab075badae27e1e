"""Tables as wide as there is room: what matters less is left out, and that is said."""

import re

import pytest

from arqlight import output

COLUMNS = ["job", "type", "age", "told"]
ROWS = [["{crm:mail}:0123456789", "crm.letter", "5m", "it broke because of this and that, and then it broke again"]]


def in_terminal(patch: pytest.MonkeyPatch, columns: int) -> None:
    """What is captured is taken for a terminal so wide."""
    patch.setattr("sys.stdout.isatty", lambda: True)
    patch.setenv("COLUMNS", str(columns))


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (80, ["job", "type", "age", "told"]),
        (60, ["job", "type", "age", "told"]),
        (59, ["job", "age", "told"]),
        (45, ["job", "told"]),
        (30, ["job", "age"]),
    ],
)
def test_of_the_spare_columns_the_last_stay_longest(
    columns: int, shown: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_terminal(monkeypatch, columns)
    output.table(COLUMNS, ROWS, spare=["type", "age", "told"])
    told = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert told.split("\n")[0].split() == shown
    assert all(len(line) <= columns for line in told.splitlines())
    left_out = [name for name in COLUMNS if name not in shown]
    assert (f"too narrow for: {', '.join(left_out)}" in told) is bool(left_out)


def test_where_nothing_is_spare_nothing_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_terminal(monkeypatch, 30)
    output.table(COLUMNS, ROWS)
    assert "too narrow" not in capsys.readouterr().out


def test_a_pipe_gets_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(COLUMNS, ROWS, spare=COLUMNS[1:])
    assert ROWS[0][-1] in capsys.readouterr().out


def test_a_table_without_rows_has_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(COLUMNS, [], spare=COLUMNS[1:])
    assert capsys.readouterr().out.split() == COLUMNS


def test_what_is_said_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("spring\x1b[2J\x1b]0;pwn\x07\u202e\nis\ta draft")
    output.complain("no such \x1b[31mtenant")
    out, err = capsys.readouterr()
    assert (out, err) == ("spring·[2J·]0;pwn··\nis\ta draft\n", "arqlight: no such ·[31mtenant\n")
