"""Every operation can be understood, found and called: docstring, key, label, command."""

import inspect
from typing import Any

import pytest

from arqlight.cli import build
from arqlight_core.operations import OPERATIONS, Danger, Operation, Report

EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


ENDING = {"abort_bulk", "cancel", "stop_worker"}
"""What these end does not go on where it was."""


def parameters(operation: Operation) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(operation.run).parameters)


def test_there_are_operations():
    assert {"pause", "resume", "retry", "purge", "undo"} <= OPERATIONS.keys()


@EACH
def test_an_operation_says_what_it_does_and_what_each_argument_is(operation: Operation):
    assert operation.help.endswith(".")
    told = inspect.getdoc(operation.run) or ""
    for name in parameters(operation):
        assert f"    {name}: " in told


@EACH
def test_an_operation_has_a_label_and_one_letter_as_its_key_or_none(operation: Operation):
    assert operation.label
    assert not operation.key or (len(operation.key) == 1 and operation.key.isalpha())


@EACH
def test_an_upper_case_key_stands_for_what_destroys_or_ends_something_and_only_for_it(operation: Operation):
    ends = operation.danger in (Danger.DESTRUCTIVE, Danger.IRREVERSIBLE) or operation.name in ENDING
    assert operation.key.isupper() == (bool(operation.key) and ends)


@EACH
def test_an_operation_has_an_actor_and_a_dry_run_and_answers_a_report(operation: Operation):
    taken = parameters(operation)
    assert taken["actor"].default is inspect.Parameter.empty
    assert taken["dry_run"].default is False
    assert inspect.signature(operation.run).return_annotation is Report


@EACH
def test_a_destructive_operation_can_be_confirmed_and_a_safe_one_need_not(operation: Operation):
    destroys = operation.danger in (Danger.DESTRUCTIVE, Danger.IRREVERSIBLE)
    assert not destroys or "confirm" in parameters(operation)
    assert operation.danger is not Danger.SAFE or "confirm" not in parameters(operation)


@EACH
def test_an_operation_is_found_by_the_name_that_whoever_imports_it_knows(operation: Operation):
    assert OPERATIONS[operation.name] is operation
    assert inspect.unwrap(operation.run).__name__ == operation.name


@EACH
def test_an_operation_is_a_command(operation: Operation):
    app: Any = build()
    for word in operation.command.split():
        assert word in set(app)
        app = app[word]


@EACH
def test_a_commands_help_is_its_operations(operation: Operation, capsys: pytest.CaptureFixture[str]):
    app: Any = build()
    app([*operation.command.split(), "--help"], result_action="return_value")
    told = " ".join(capsys.readouterr().out.split())
    assert operation.help.replace("`", "").rstrip(".") in told
    assert "--dry-run" in told


def test_a_key_means_one_thing_for_one_target():
    resumes = ("resume", "resume_schedule", "resume_worker", "resume_bulk")  # the same key as their opposites
    taken = [(one.target, one.key) for one in OPERATIONS.values() if one.key and one.name not in resumes]
    assert len(taken) == len(set(taken))
