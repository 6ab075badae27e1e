"""The room's own colours, dark and light; any theme of Textual's works as well."""

from textual.theme import Theme

DARK, LIGHT = "arqlight-dark", "arqlight-light"

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
        panel="#cfdceb",
        dark=False,
    ),
)
