"""A share is read from the command line as people write one."""

import pytest
from cyclopts import Token

from arqlight.commands.shares import spoken_share
from arqlight_core.errors import UsageError


@pytest.mark.parametrize(("text", "share"), [("20%", 0.2), ("0.2", 0.2), ("0", 0), ("100%", 1), (" 12.5% ", 0.125)])
def test_a_share_is_a_number_or_a_percentage(text: str, share: float) -> None:
    assert spoken_share(float, [Token(value=text)]) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "most", "1/5"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"write it like 20% or 0\.2"):
        spoken_share(float, [Token(value=text)])
