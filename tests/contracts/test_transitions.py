"""TRANSITIONS is the whole of a job's life: every script that moves a job has its row, and every row is possible."""

import re

import pytest

from arqlight_core.jobs import TRANSITIONS, State, Transition, allows
from tests.contracts.test_scripts import SOURCES

NO_MOVE = {
    "renew": "a lease that goes on",
    "prune": "forgets what has ended",
    "sweep": "tidies what belongs to no job",
    "admit": "takes note of what runs",
    "keep": "a hold that goes on",
    "submit": "writes down what is to be done",
    "empty_trash": "destroys what is in the trash",
}
MOVING = r"'Z(ADD|REM)'|place\(|go_on\(|bring_in\(|throw_away\("
OF_TIME = {Transition.DUE}
STAYING = {Transition.DELAY, Transition.PRIORITIZE, Transition.PARK, Transition.REQUEUE}
"""What an operator does to a job that may leave it in its state: at another place in it, or with a copy."""

ALSO_ENQUEUE = {"fire", "run_schedule"}
SHARED_SCRIPT = {Transition.CANCEL: "bury", Transition.HOLD: "defer", Transition.CONTINUE: "tally"}


def test_every_script_that_moves_a_job_is_a_transition_and_every_transition_has_its_script():
    moving = {name for name, source in SOURCES.items() if re.search(MOVING, source)}
    moving -= NO_MOVE.keys() | ALSO_ENQUEUE
    assert moving == {SHARED_SCRIPT.get(one, one.value) for one in Transition if one not in OF_TIME}


def test_every_transition_has_its_row():
    assert TRANSITIONS.keys() == set(Transition)


@pytest.mark.parametrize("transition", list(Transition))
def test_a_row_leads_somewhere_and_never_where_it_comes_from(transition: Transition):
    for source, targets in TRANSITIONS[transition].items():
        assert targets
        assert source not in targets or transition in STAYING


def test_every_state_can_be_reached_from_nothing():
    reached: set[State | None] = {None}
    for _ in State:
        reached |= {t for row in TRANSITIONS.values() for source in row if source in reached for t in row[source]}
    assert reached == {None, *State}


@pytest.mark.parametrize("state", [state for state in State if state is not State.COMPLETED])
def test_no_state_but_completed_is_the_end(state: State):
    assert [transition for transition in Transition if allows(transition, state)]


@pytest.mark.parametrize("transition", list(Transition))
def test_allows_says_what_the_table_says(transition: Transition):
    allowed = {state for state in State if allows(transition, state)}
    assert allowed == TRANSITIONS[transition].keys() - {None}
