"""Text, figures and columns: pure, exact in width, and safe for a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from arqlight_screens import figures
from arqlight_screens.columns import Column, fit, spread
from arqlight_screens.lines import Part, width_of
from arqlight_screens.pretty import pretty
from arqlight_screens.rows import PAGE, Paged, span
from arqlight_screens.text import clip, middle, pad, visible, wrap
from arqlight_screens.widgets.status_line import cut

ANY = st.text(st.characters(codec=None), max_size=80)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\nb\tc\x7f", "a↵b→c␡"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("a\u200bb", "a<U+200B>b"),
        ("\x9b31m", "<U+009B>31m"),
        ("\ud800", "<U+D800>"),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
    ],
)
def test_what_would_steer_a_terminal_is_shown_instead(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@given(ANY)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & {"Cc", "Cs", "Zl", "Zp"}


@given(ANY, st.integers(0, 40), st.booleans())
def test_a_padded_text_has_exactly_the_width(text: str, width: int, right: bool) -> None:  # noqa: FBT001
    assert cell_len(pad(text, width, right=right)) == width


@given(ANY, st.integers(2, 40))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    pieces = wrap(text, width)
    assert "".join(pieces) == visible(text.expandtabs(4))
    assert all(cell_len(piece) <= width for piece in pieces)


def test_a_cut_text_ends_in_an_ellipsis() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("数据库", 4) == "数…"
    assert clip("e" + "\u0301" * 500, 5).endswith("…")


@given(st.floats(0, 1e13))
def test_counts_and_rates_keep_to_five_cells(number: float) -> None:
    assert len(figures.count(number)) <= 5
    assert len(figures.rate(number)) <= 5


@given(st.floats(0, 9e10))
def test_durations_keep_to_five_cells(milliseconds: float) -> None:
    assert len(figures.duration(milliseconds)) <= 5
    assert len(figures.age(milliseconds)) <= 5


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0ms"), (850, "850ms"), (999.7, "1.0s"), (1850, "1.9s"), (9960, "10s"), (61_000, "1m"), (7_300_000, "2h")],
)
def test_durations(milliseconds: float, shown: str) -> None:
    assert figures.duration(milliseconds) == shown


def test_a_sparkline_stands_on_zero() -> None:
    assert figures.sparkline((0, 100, 102, 1), 4) == " ██▁"
    assert figures.sparkline((), 3) == "   "


def test_the_least_important_column_goes_first() -> None:
    def cell(row: str, _now: int) -> Part:
        return Part(row)

    columns = [Column("a", 10, cell, 1, most=20), Column("b", 10, cell, 3), Column("c", 10, cell, 2)]
    assert [column.title for column, _ in fit(columns, 40)] == ["a", "b", "c"]
    assert [(column.title, width) for column, width in fit(columns, 30)] == [("a", 19), ("c", 10)]
    assert [(column.title, width) for column, width in fit(columns, 5)] == [("a", 10)]
    assert width_of(spread(fit(columns, 30), "x" * 50, 0)) == 31


def test_a_line_gives_up_its_longest_part() -> None:
    line = (Part(" ! "), Part("a very long reason indeed"), Part("  p resumes", "strong"))
    assert "".join(part.text for part in cut(line, 24)) == " ! a very lo…  p resumes"


def test_pages_are_forgotten_when_rows_may_have_moved() -> None:
    rows = Paged[str](str)
    rows.put(0, [f"{place}" for place in range(PAGE)], 1000)
    rows.put(640, [f"{place}" for place in range(640, 640 + 2 * PAGE)], 1000)
    assert rows.at(700) == "700"
    assert rows.find("641") == 641
    assert rows.missing(0, 10) is None
    assert rows.missing(60, 70) == span(64, 64)
    rows.put(0, [f"{place}" for place in range(PAGE)], 999)
    assert rows.at(700) is None


def test_a_payload_is_shown_as_json_whatever_it_holds() -> None:
    assert pretty({"a": [1, "x"], "b": {}, (1, 2): None}) == [
        "{",
        '  "a": [',
        "    1,",
        '    "x"',
        "  ],",
        '  "b": {},',
        '  "(1, 2)": null',
        "}",
    ]
    assert pretty(b"raw") == ["b'raw'"]
    assert pretty("x" * 5000)[0].endswith("more characters")
    assert pretty(list(range(5000)))[-1] == "… and more"


def test_a_deep_payload_is_cut_where_nobody_reads_on() -> None:
    nested: object = 1
    for _ in range(3000):
        nested = [nested]
    assert any(line.strip() == "…" for line in pretty(nested))


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("import-01", 16, "import-01"),
        ("95dd62c57877457198b54d8e294a86c1/1a2029a79bb.29", 16, "95dd62…9a79bb.29"),
        ("95dd62c57877457198b54d8e294a86c1", 6, "95dd6…"),
        ("数据库迁移任务" * 9, 12, "数据…移任务"),
    ],
)
def test_of_an_id_that_is_too_long_both_ends_are_seen(text: str, width: int, shown: str) -> None:
    assert middle(text, width) == shown
    assert cell_len(middle(text, width)) <= width


def test_a_count_without_room_takes_four_cells() -> None:
    told = [figures.rough(number) for number in (0, 999, 9_999, 456_000, 12_345_678, 10**13)]
    assert told == ["0", "999", "10k", "456k", "12M", ">1T"]


def test_two_long_parts_of_a_line_give_way_for_the_short_ones() -> None:
    line = cut((Part("a" * 60), Part("  retrying  "), Part("b" * 40), Part("p resumes")), 60)
    assert width_of(line) <= 60
    assert [line[1].text, line[-1].text] == ["  retrying  ", "p resumes"]
