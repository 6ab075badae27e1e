"""How long a lone Escape waits for the rest of a sequence."""

import pytest
from textual import constants

from arqlight_screens.driver import patience_with_escape


def test_a_terminal_at_hand_has_a_few_milliseconds_one_behind_a_network_more() -> None:
    at_hand = patience_with_escape({"TERM": "xterm-256color"})
    assert 0 < at_hand <= 0.005
    for told in ("SSH_CONNECTION", "SSH_TTY"):
        assert at_hand * 4 <= patience_with_escape({told: "anything"}) <= 0.05


def test_what_the_user_asks_for_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 0.3)
    assert patience_with_escape({"ESCDELAY": "300", "SSH_TTY": "anything"}) == 0.3
