"""Commands of operations: what they select, what they ask before they act, and what their exit status says."""

import shlex
import subprocess
from dataclasses import replace
from typing import cast

import pytest

from arqlight.commands.confirming import Consent, performed
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Report, Selection
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Grouping
from tests.store.line import QUEUE
from tests.unit.shell import Shell

NAME = QUEUE.name
BUG = Grouping("52d327982585", "LookupError", "no tariff", "shop:price")


# ------------------------------------------------------------------ which jobs


@pytest.mark.parametrize(
    ("chosen", "meant"),
    [
        (("--all",), 10),
        (("--type", "mail"), 5),
        (("--where", "tenant=acme"), 5),
        (("--where", "tenant=acme", "--type", "mail"), 0),
        (("--text", "job-7"), 1),
        (("--where", "tenant=acme", "--where", "tenant=initech"), 5),
        (("--older", "1h"), 10),
        (("--correlation-id", "nobody"), 0),
        (("job-1", "job-2"), 2),
    ],
    ids=str,
)
def test_jobs_are_selected_by_what_they_are(shell: Shell, chosen: tuple[str, ...], meant: int) -> None:
    shell.put(10)
    assert shell.told("purge", NAME, *chosen, "--dry-run")["changed"] == meant


@pytest.mark.parametrize("option", ["--failure", "--fingerprint"])
def test_a_group_of_failures_is_acted_on_in_one_queue_or_in_all(shell: Shell, option: str) -> None:
    shell.put(3)
    shell.bury(2, BUG)
    assert "would retry 0 dead jobs" in shell.run("retry", NAME, option, "0123456789", "--dry-run")
    assert f"would retry 2 dead jobs of {NAME}" in shell.run("retry", NAME, option, BUG.fingerprint, "--dry-run")
    said = shell.run("purge", option, BUG.fingerprint, "--dry-run")
    way_on = shlex.split(said.partition("to go on: arqlight ")[2])
    told = shell.told(*way_on, "--reason", "mended")
    assert (told["changed"], told["state"], list(told["parts"])) == (2, "done", [NAME])
    assert shell.counts() == {"waiting": 1}


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("retry", NAME), "not both, and not neither"),
        (("retry", NAME, "job-1", "--all"), "not both, and not neither"),
        (("retry", NAME, "--where", "tenant"), "write it like tenant=acme"),
        (("retry", NAME, "--where", "=acme"), "write it like tenant=acme"),
        (("retry", NAME, "--older", "soon"), "no span of time"),
        (("retry", NAME, "--all", "--state", "completed"), "those that can are: cancelled, dead, retrying"),
        (("cancel", NAME, "--all"), "as in --state active; cancel takes active, held, retrying, scheduled, waiting"),
        (("retry", "nowhere", "--all"), "There is no queue nowhere"),
        (("retry",), "Say in which queue: only a group of failures, as in --failure FP,"),
        (("retry", "--all"), "Say in which queue"),
        (("edit", "--failure", "0123456789", "--changes", "n=1"), "edit is done in one at a time"),
        (("retry", "--failure", "0123456789ab"), "No failures of fingerprint 0123456789ab are known"),
        (("retry", "{test:line}:x"), "is a job's id; name its queue before: arqlight retry test:line {test:line}:x"),
        (("delay", NAME, "job-1", "--by", "-5m"), "'-5m' is no span of time"),
        (("cancel", NAME, "job-1", "--abort-above", "most"), "'most' is no share; write it like 20% or 0.2"),
        (("cancel", NAME, "job-1", "--abort-above", "120%"), "1.2 is no share of jobs; give one from 0 to 1"),
        (("cancel", NAME, "job-1", "--pace", "-1"), "A pace of -1 is none"),
        (("set-hold", NAME, "--where", "tenant"), "write it like tenant=acme"),
        (("pause",), 'arqlight: Command "pause" parameter QUEUE requires an argument; `arqlight pause --help` shows'),
        (("pause", NAME, "extra"), "arqlight: `arqlight pause` takes no extra; `arqlight pause --help` shows"),
        (("status", "--nope"), "arqlight: Unknown option: --nope; `arqlight status --help` shows what it takes."),
        (("jobs", NAME, "--limit", "0"), 'Invalid value "0" for --limit. Must be >= 1; `arqlight jobs --help` shows'),
        (("purge", NAME, "--all", "--confirm", "12.345"), "does not confirm it, --confirm 2 does"),
        (("purge", NAME, "--all", "--confirm", "2.345.abcdef"), "What was confirmed is something else"),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(shell: Shell, words: tuple[str, ...], remedy: str) -> None:
    shell.put(2)
    shell.run(*words, expect=2)
    assert remedy in shell.complained
    assert len(shell.complained.splitlines()) == 1


def test_a_standing_hold_says_what_jobs_must_match_as_a_selection_does(shell: Shell) -> None:
    words = ("set-hold", NAME, "--where", "tenant=acme", "--where", "n=1")
    assert f"would hold tenant=acme, n=1 in {NAME}, until it is lifted" in shell.run(*words, "--dry-run")
    rule = shell.told(*words)["operation"]
    shell.run("lift-hold", NAME, "--rule", "no", expect=2)
    assert f"those it has: {rule}" in shell.complained
    shell.run("lift-hold", NAME, "--rule", rule)


@pytest.mark.parametrize("operation", ["retry", "purge", "requeue"])
def test_of_a_group_of_failures_the_dead_jobs_are_meant(shell: Shell, operation: str) -> None:
    words = (operation, NAME, "--failure", "0123456789", "--dry-run")
    assert f"0 dead jobs of {NAME} (failure 0123456789)" in shell.run(*words)


def test_an_operation_that_fits_one_state_means_that_and_takes_spans_as_they_are_written(shell: Shell) -> None:
    shell.put(2)
    shell.run("delay", NAME, "--all", "--state", "waiting", "--by", "2h")
    assert shell.counts() == {"scheduled": 2}
    assert "would make 2 scheduled jobs" in shell.run("promote", NAME, "--all", "--dry-run")


# ------------------------------------------------------------------ what is asked before


def test_one_job_is_purged_without_a_question(shell: Shell) -> None:
    shell.put(2)
    assert "`undo` takes it back" in shell.run("purge", NAME, "job-0")
    assert shell.counts() == {"waiting": 1}


def test_without_a_terminal_the_whole_command_line_to_go_on_is_told_and_it_works(shell: Shell) -> None:
    shell.put(4)
    words = ("purge", NAME, "--where", "tenant=acme", "--reason", "it's a test")
    shell.run(*words, expect=2)
    told, _, token = shell.complained.strip().partition("to go on: ")[2].rpartition(" --confirm ")
    assert told == f"arqlight purge {NAME} --where tenant=acme --reason 'it'\"'\"'s a test'"
    shell.put(8)
    shell.run(*words, "--confirm", token)
    assert shell.counts() == {"waiting": 6}, "what came after the plan was not meant"


def test_a_dry_run_says_how_to_go_on(shell: Shell) -> None:
    shell.put(3)
    said = shell.run("purge", NAME, "--all", "--dry-run")
    assert f"to go on: arqlight purge {NAME} --all --confirm 3." in said
    assert shell.counts() == {"waiting": 3}


@pytest.mark.parametrize(("typed", "status", "left"), [("y\n", 0, 0), ("n\n", 2, 3), ("\n", 2, 3), ("", 2, 3)])
def test_on_a_terminal_a_few_are_asked_for_a_yes(shell: Shell, typed: str, status: int, left: int) -> None:
    shell.put(3)
    said = shell.run("purge", NAME, "--all", expect=status, typed=typed)
    assert "would move 3 waiting jobs" in said
    assert "[y/N]" in said
    assert shell.counts().get("waiting", 0) == left


@pytest.mark.parametrize(("typed", "status"), [("101\n", 0), ("y\n", 2), ("100\n", 2)])
def test_on_a_terminal_many_are_asked_for_their_count(shell: Shell, typed: str, status: int) -> None:
    shell.put(101)
    assert "Type 101 to go on" in shell.run("purge", NAME, "--all", expect=status, typed=typed)


@pytest.mark.parametrize("words", [("--yes",), ("--confirm", "101")])
def test_a_count_can_be_confirmed_beforehand(shell: Shell, words: tuple[str, ...]) -> None:
    shell.put(101)
    shell.run("purge", NAME, "--all", *words)
    assert shell.counts() == {}


def test_in_production_only_the_name_of_the_queue_confirms(shell: Shell) -> None:
    shell.patch.setenv("ARQLIGHT_ENV", "production")
    shell.put(101)
    shell.run("purge", NAME, "--all", "--yes", expect=2)
    assert f"--yes does not reach so far: add --confirm {NAME}" in shell.complained
    shell.run("purge", NAME, "--all", "--confirm", "101", expect=2)
    assert f"Type {NAME} to go on" in shell.run("purge", NAME, "--all", expect=2, typed="101\n")
    assert shell.counts() == {"waiting": 101}
    shell.run("purge", NAME, "--all", "--yes", "--confirm", NAME)
    assert shell.counts() == {}


async def test_what_needs_no_confirmation_is_bound_to_the_moment_of_its_plan_as_well() -> None:
    meant = list[Selection]()

    async def act(
        _store: Store, selection: Selection, *, actor: str, dry_run: bool = False, confirm: str = ""
    ) -> Report:
        assert (actor, confirm) == ("ada", "")
        meant.append(selection)
        return Report(1, "would act" if dry_run else "acted", moment_ms=77)

    operation = replace(OPERATIONS["retry"], run=act)
    selection = Selection(NAME, State.DEAD, everything=True)
    store = cast("Store", None)
    await performed(store, operation, {"selection": selection, "actor": "ada"}, Consent(yes=False, given="", said=()))
    assert [one.moment_ms for one in meant] == [0, 77]


# ------------------------------------------------------------------ what came of it


def test_what_was_left_alone_is_told_and_exits_1(shell: Shell) -> None:
    shell.put(2)
    shell.bury(1)
    assert "1 left alone: no such job" in shell.run("retry", NAME, "never", expect=1)
    assert "1 left alone: it is waiting" in shell.run("retry", NAME, "job-0", "job-1", expect=1)
    assert shell.told("retry", NAME, "never", expect=1)["skipped"] == {"no such job": 1}


def test_nothing_to_do_is_no_failure(shell: Shell) -> None:
    shell.run("retry", NAME, "--all")
    shell.run("purge", NAME, "--all")
    shell.run("pause", NAME)
    assert f"{NAME} was paused" in shell.run("pause", NAME)


def test_the_trash_lists_what_can_be_undone_and_undo_empties_it(shell: Shell) -> None:
    assert "trash is empty" in shell.run("trash")
    shell.put(3)
    shell.run("purge", NAME, "--all", "--yes", "--reason", "a test")
    [held] = shell.told("trash", NAME)
    assert (held["jobs"], held["state"], held["reason"]) == (3, "waiting", "a test")
    assert held["until_ms"] - held["at_ms"] == pytest.approx(86_400_000, abs=60_000)
    assert f"arqlight undo {NAME} --operation {held['operation']}" in shell.run("trash")
    shell.run("undo", NAME, "--operation", held["operation"])
    assert shell.told("trash") == []
    assert shell.counts() == {"waiting": 3}


def test_bulks_lists_what_was_done_to_which_jobs_and_how_it_went(shell: Shell) -> None:
    assert "No operation" in shell.run("bulks")
    shell.put(2)
    shell.run("purge", NAME, "--type", "mail", "--reason", "a test")
    shell.run("retry", NAME, "never", expect=1)
    retried, purged = shell.told("bulks", NAME)
    assert (retried["left"], retried["left_alone"]) == ({"no such job": 1}, 1)
    assert (purged["operation"], purged["selection"], purged["state"], purged["seen"], purged["total"]) == (
        "purge",
        f"waiting jobs of {NAME} (type mail)",
        "done",
        1,
        1,
    )
    assert retried["id"] in shell.run("bulks")
    assert "no such job" in shell.run("bulk", retried["id"])
    assert shell.told("bulk", purged["id"])["reason"] == "a test"


def test_a_bulk_that_nobody_knows_is_told(shell: Shell) -> None:
    for words in (("bulk", "open"), ("bulk", "newest"), ("bulk", "pause", "abc"), ("bulk", "abc")):
        shell.run(*words, expect=2)
        assert "There is no bulk" in shell.complained


# ------------------------------------------------------------------ completion


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_completion_names_our_commands_and_options(shell: Shell, kind: str) -> None:
    script = shell.run("completion", kind)
    for word in ("purge", "bulks", "trash", "doctor", "dry-run", "fingerprint"):
        assert word in script
    if kind == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)  # noqa: S607 - wherever it is
