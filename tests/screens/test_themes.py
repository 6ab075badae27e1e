"""Colours: one for every terminal, meaning without any, and contrast that can be read."""

import pytest
from textual.color import Color

from arqlight_screens.control_room import ControlRoom
from arqlight_screens.overview import Overview
from arqlight_screens.themes import ANSI, CONTRAST, DARK, LIGHT, NAMES, PLAIN, THEMES, fitting_theme
from tests.screens.canned import CannedFleet
from tests.screens.conftest import Visit, visit

MEANINGS = ("primary", "success", "warning", "error", "foreground")


@pytest.mark.parametrize(("theme", "least"), [(DARK, 4.5), (LIGHT, 4.5), (PLAIN, 7.0), (CONTRAST, 7.0)])
def test_every_meaning_can_be_read(theme: str, least: float) -> None:
    told = next(one for one in THEMES if one.name == theme)
    grounds = [Color.parse(told.background), Color.parse(told.panel)]
    if theme == PLAIN:
        grounds.pop()  # its cursor is seen by its mark
    for meaning in MEANINGS:
        colour = Color.parse(getattr(told, meaning))
        assert all(contrast(colour, ground) >= least for ground in grounds), meaning


def contrast(one: Color, other: Color) -> float:
    """As the accessibility guidelines define it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    parts = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.normalized]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_few_colours_and_none_have_a_theme_of_their_own() -> None:
    assert fitting_theme("truecolor", no_color=False) == DARK
    assert fitting_theme("standard", no_color=False) == ANSI
    assert fitting_theme("truecolor", no_color=True) == PLAIN


async def test_every_theme_of_the_room_can_be_shown(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("billing:validation")
        before = guest.text
        for name, theme in NAMES.items():
            guest.room.preferences.choose_theme(name)
            await guest.pilot.pause()
            assert guest.room.theme == theme
            assert guest.text == before


async def test_another_theme_draws_every_row_in_its_own_colours(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("billing:validation")
        dark = colours(guest)
        guest.room.preferences.choose_theme("light")
        await guest.pilot.pause()
        assert not dark & colours(guest)


def colours(guest: Visit) -> set[str]:
    """What the rows are written in."""
    assert isinstance(guest.room.screen, Overview)
    table = guest.room.screen.table
    strips = [table.render_line(y) for y in range(table.size.height)]
    return {str(one.style.color) for strip in strips for one in strip if one.style and one.text.strip()}


async def test_no_color_is_honoured(fleet: CannedFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with visit(fleet) as guest:
        await guest.until_shown("■ paused anna")
        assert guest.room.theme == PLAIN
        assert guest.room.no_color


def test_nothing_moves_by_itself(fleet: CannedFleet) -> None:
    assert ControlRoom(fleet).animation_level == "none"
