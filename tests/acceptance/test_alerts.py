"""`arqlight alerts`: the same rules as on the screen, by thresholds out of the environment."""

import pytest

from tests.acceptance.command_line import CommandLine
from tests.acceptance.test_protection import declared as declared  # noqa: PLC0414 - a fixture

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


def test_what_is_wrong_is_told_with_what_ends_it(declared: CommandLine) -> None:
    assert "Nothing needs attention." in declared.run("alerts").stdout
    declared.run("pause", "protected:fragile", "--reason", "their release")
    [alert] = declared.told("alerts")
    assert (alert["rule"], alert["severity"], alert["queue"]) == ("paused", "warning", "protected:fragile")
    assert (alert["remedy"], alert["before"]) == ("`arqlight resume protected:fragile`", False)
    assert "their release" in declared.run("alerts").stdout
