"""Servers by name: what a context puts in the environment, for how long, and how its file's faults are told."""

import os
from pathlib import Path

import pytest

from arqlight import contexts
from arqlight.cli import run
from arqlight.session import actor
from arqlight_core.errors import UsageError
from arqlight_core.settings import load

FILE = """
[prod]
url = "redis://ops:${PROD_PASSWORD}@prod:6379/1"
colour = "red"
production = true
read_only = true
actor = "anna (prod)"

[dev]
url = "unix:///run/dev.sock"
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PROD_PASSWORD", "hunter2")
    monkeypatch.delenv("REDIS_URL", raising=False)
    place = tmp_path / "arqlight" / "contexts.toml"
    place.parent.mkdir()
    place.write_text(FILE)
    return place


@pytest.mark.parametrize("arguments", [["--context", "prod", "status"], ["status", "--context=prod"]])
def test_a_context_stands_in_for_the_environment_while_it_is_heeded(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_HOST", "elsewhere")
    monkeypatch.setenv("REDIS_PASSWORD", "of-elsewhere")
    before = dict(os.environ)
    with contexts.heeded(arguments) as left:
        settings = load()
        assert (left, settings.redis_url) == (["status"], "redis://ops:hunter2@prod:6379/1")
        assert (settings.read_only, settings.production, actor()) == (True, True, "anna (prod)")
    assert dict(os.environ) == before


def test_the_variable_names_one_and_the_option_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARQLIGHT_CONTEXT", "prod")
    with contexts.heeded(["status"]):
        assert load().production
    with contexts.heeded(["--context", "dev", "status"]):
        assert load().redis_url == "unix:///run/dev.sock"


def test_going_on_to_another_leaves_nothing_of_the_last_one() -> None:
    with contexts.heeded(["--context", "prod"]):
        contexts.enter("dev")
        settings = load()
        assert (settings.redis_url, settings.read_only, settings.production) == ("unix:///run/dev.sock", False, False)
        assert "anna" not in actor()


def test_read_only_that_was_asked_for_stays_with_every_context() -> None:
    with contexts.heeded(["--read-only", "--context", "dev"]):
        contexts.enter("dev")
        assert load().read_only


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--context", "test", "status"], "There is no context test: there are prod, dev."),
        (["--context"], "--context needs a name"),
        (["status", "--context="], "--context needs a name"),
    ],
)
def test_a_name_that_is_none_ends_in_a_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[prod]\nurl = "redis://:hunter2@h" x', "it is no TOML (at line 2"),
        ("[prod]\nurl = 3", "context prod: Expected `str`, got `int`"),
        ('[prod]\ncolour = "red"', "missing required field `url`"),
        ('[prod]\nurl = "redis://h"\nurll = 1', "unknown field `urll`"),
        ('[prod]\nurl = "http://:hunter2@h"', "context prod: http://:***@h is no server address"),
    ],
)
def test_faults_of_the_file_are_told_without_its_passwords(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        contexts.known()
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROD_PASSWORD")
    with pytest.raises(UsageError, match="PROD_PASSWORD"):
        contexts.enter("prod")


def test_after_two_dashes_the_words_are_not_ours() -> None:
    with contexts.heeded(["enqueue", "x", "--", "--context", "prod"]) as left:
        assert left == ["enqueue", "x", "--", "--context", "prod"]
        assert load().redis_url is None
