"""The room's own colours: dark, light, high contrast, none, and for terminals with sixteen; Textual's work as well."""

from textual.theme import BUILTIN_THEMES, Theme

DARK, LIGHT, CONTRAST, PLAIN, ANSI = (
    "arqlight-dark",
    "arqlight-light",
    "arqlight-contrast",
    "arqlight-none",
    "arqlight-ansi",
)
NAMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "none": PLAIN, "ansi": ANSI}
"""What people call them."""

_FEW_COLOURS = (None, "standard")
"""What Rich calls terminals with at most sixteen colours."""

_GREY = "#d8d8d8"

THEMES = (
    Theme(
        name=DARK,
        primary="#6cb6ff",
        secondary="#96d0ff",
        accent="#f0b72f",
        success="#6bc46d",
        warning="#e0a63a",
        error="#ff7b72",
        foreground="#d5dce3",
        background="#10151b",
        surface="#171e26",
        panel="#263340",
        dark=True,
    ),
    Theme(
        name=LIGHT,
        primary="#0758b3",
        secondary="#3d75ab",
        accent="#8a5a00",
        success="#17702f",
        warning="#875200",
        error="#bd1426",
        foreground="#1d232a",
        background="#fbfcfd",
        surface="#eef1f4",
        panel="#dde7f2",
        dark=False,
    ),
    Theme(
        name=CONTRAST,
        primary="#7fd4ff",
        secondary="#b8e8ff",
        accent="#ffe14d",
        success="#5dff7b",
        warning="#ffd200",
        error="#ff9d94",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#002850",
        dark=True,
        variables={"faint": "#e4e4e4"},
    ),
    Theme(
        name=PLAIN,
        primary=_GREY,
        secondary=_GREY,
        accent=_GREY,
        success=_GREY,
        warning=_GREY,
        error="#ffffff",
        foreground=_GREY,
        background="#000000",
        surface="#000000",
        panel="#444444",
        dark=True,
    ),
    Theme(
        name=ANSI,
        ansi=True,
        primary="ansi_cyan",
        secondary="ansi_cyan",
        accent="ansi_yellow",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_blue",
        boost="ansi_default",
        dark=True,
        variables=BUILTIN_THEMES["ansi-dark"].variables
        | {"faint": "ansi_default", "ground-of-badge": "ansi_black", "cursor-ground": "ansi_bright_black"},
    ),
)


def fitting_theme(color_system: str | None, *, no_color: bool) -> str:
    """The theme for a terminal in which none was chosen yet."""
    if no_color:
        return PLAIN
    return ANSI if color_system in _FEW_COLOURS else DARK
