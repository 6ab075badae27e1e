"""Errors: each has its exit status, and signals are none of them."""

import inspect

import pytest

from arqlight_core import errors
from arqlight_core.errors import ArqlightError, LeaseLost, Signal, UsageError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", [kind for kind in ALL if issubclass(kind, ArqlightError)])
def test_wrong_usage_exits_with_two_and_a_failure_with_one(kind: type[ArqlightError]):
    assert kind.exit_status == (2 if issubclass(kind, UsageError) else 1)


@pytest.mark.parametrize("kind", ALL)
def test_an_error_says_in_a_sentence_what_it_means(kind: type[Exception]):
    assert (kind.__doc__ or "").rstrip().endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in ALL if issubclass(kind, Signal | LeaseLost)])
def test_what_a_handler_raises_is_not_taken_for_our_own_failure(kind: type[Exception]):
    assert not issubclass(kind, ArqlightError)
