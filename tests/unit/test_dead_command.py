"""`arqlight dead`: what has failed for good in any queue, as a list, one by one, replayed and purged."""

import shlex

import pytest

from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from tests.store.line import FAR, PAYLOAD, QUEUE, dead, failed
from tests.unit.shell import Shell

NAME = QUEUE.name


@pytest.fixture
def buried(shell: Shell) -> Shell:
    """Six dead letters, every second one of acme, and two jobs that wait."""
    shell.put(8)
    shell.bury(6)
    return shell


def test_the_list_tells_each_with_its_queue_end_and_error(buried: Shell) -> None:
    said = buried.run("dead")
    assert said.splitlines()[0].split() == [
        *("job", "queue", "type", "died", "attempts", "replays", "tenant", "cause", "error")
    ]
    assert "broken" in said
    assert "Broken: it broke" not in said  # it ended without having run
    assert "6 of 6 dead letters" in said
    told = buried.told("dead", "--limit", "2")
    assert (len(told["letters"]), told["total"], bool(told["cursor"])) == (2, 6, True)
    assert told["letters"][0]["payload"] == {"args": [{"tenant": "initech"}], "kwargs": {}}


def test_pages_follow_one_another(buried: Shell) -> None:
    ids, cursor = list[str](), ""
    for _ in range(3):
        page = buried.told("dead", "--limit", "2", *(["--after", cursor] if cursor else []))
        ids += [letter["id"] for letter in page["letters"]]
        cursor = page["cursor"]
    assert sorted(ids) == [f"job-{place}" for place in range(6)]
    assert cursor == ""


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (("--type", "mail"), 3),
        (("--where", "tenant=acme"), 3),
        (("--where", "tenant=acme", "--type", "mail"), 0),
        (("--cause", "BROK"), 6),
        (("--cause", "poison"), 0),
        (("--older", "1h"), 0),
        (("--text", "job-3"), 1),
        (("--queue", NAME, "--text", "job-3"), 1),
        (("--queue", NAME), 6),
        (("--correlation-id", "nobody"), 0),
    ],
    ids=str,
)
def test_the_filters_of_the_list_are_those_of_what_is_done(buried: Shell, chosen: tuple[str, ...], found: int) -> None:
    assert len(buried.told("dead", *chosen)["letters"]) == found
    words = chosen if chosen != ("--queue", NAME) else (*chosen, "--all")
    assert buried.told("dead", "replay", *words, "--dry-run")["changed"] == found
    assert buried.told("dead", "purge", *words, "--dry-run")["changed"] == found


def test_what_is_replayed_keeps_its_id_and_counts_it(buried: Shell) -> None:
    assert buried.told("dead", "replay", "--where", "tenant=acme", "--reason", "mended")["changed"] == 3
    assert buried.counts() == {"waiting": 5, "dead": 3}
    assert buried.told("job", "job-0")["replays"] == 1
    assert "replays" in buried.run("job", "job-0")


def test_what_is_requeued_is_a_copy_with_an_id_of_its_own(buried: Shell) -> None:
    assert buried.told("dead", "requeue", "--all")["changed"] == 6
    assert buried.counts() == {"waiting": 8, "dead": 6}


def test_a_purge_of_all_is_confirmed_once_and_can_be_undone(buried: Shell) -> None:
    said = buried.run("dead", "purge", "--all", expect=2)
    assert said == ""
    assert (
        f"move 6 dead jobs of {NAME} to the trash; to go on: arqlight dead purge --all --confirm" in buried.complained
    )
    way_on = shlex.split(buried.complained.partition("to go on: arqlight ")[2])
    assert buried.told(*way_on)["changed"] == 6
    assert "There are no dead letters." in buried.run("dead")
    buried.run("undo", NAME)
    assert buried.counts() == {"waiting": 2, "dead": 6}


def test_in_production_the_word_for_many_is_everywhere(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARQLIGHT_ENV", "production")
    shell.put(101)
    shell.bury(101)
    assert shell.told("dead", "purge", "--all", "--dry-run")["confirm"].startswith("everywhere@")
    shell.run("dead", "purge", "--all", "--yes", expect=2)
    assert "add --confirm everywhere" in shell.complained
    assert shell.told("dead", "purge", "--all", "--confirm", "everywhere")["changed"] == 101


def test_a_jobs_id_is_enough_where_it_names_its_queue(shell: Shell) -> None:
    async def placed(store: Store) -> None:
        await store.run(scripts.enqueue(QUEUE, [scripts.NewJob(f"{{{NAME}}}:one", PAYLOAD)]))

    shell.on_server(placed)
    shell.bury(1)
    assert shell.told("dead", "replay", f"{{{NAME}}}:one")["changed"] == 1


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("dead", "replay"), "not both, and not neither"),
        (("dead", "purge", "--all", "--type", "mail"), "not both, and not neither"),
        (("dead", "replay", "job-1"), "The id job-1 names no queue"),
        (("dead", "--queue", "nowhere"), "There is no queue nowhere"),
        (("dead", "--after", "there"), "is no place in the list"),
        (("dead", "show", "job-7"), "job-7 is waiting, and no dead letter"),
    ],
    ids=str,
)
def test_what_names_nothing_is_refused_with_a_remedy(buried: Shell, words: tuple[str, ...], remedy: str) -> None:
    buried.run(*words, expect=2)
    assert remedy in buried.complained


def test_one_is_shown_with_its_payload_and_every_error(buried: Shell) -> None:
    said = buried.run("dead", "show", "job-1")
    assert "dead letter" in said
    assert "initech" in said
    way_on = shlex.split(said.partition("once it is mended: arqlight ")[2])
    assert buried.told(*way_on, "--dry-run")["changed"] == 1
    told = buried.told("dead", "show", "job-1")
    assert (told["id"], told["effect_key"], told["replays"], told["errors"]) == ("job-1", "job-1", 0, [])


def test_a_list_without_matches_says_how_far_it_looked(buried: Shell) -> None:
    assert "None of the 6 dead letters that were looked at match." in buried.run("dead", "--type", "letter")


def test_every_attempts_error_is_told_the_first_one_first(shell: Shell) -> None:
    async def tried(store: Store) -> None:
        queued = scripts.NewJob(f"{{{NAME}}}:one", PAYLOAD)
        await store.run(scripts.enqueue(QUEUE, [queued]))
        for number in (1, 2):
            [job] = (await store.run(scripts.claim(QUEUE, scripts.Appetite(1), FAR, FAR, "w1", number))).jobs
            failure = failed(f"for the {number}. time")
            if number == 1:
                await store.run(scripts.retry(QUEUE, job.lease, scripts.Retrial(0, failure, "E: e", "work")))
            else:
                await store.run(scripts.bury(QUEUE, job.lease, dead(failure=failure)))

    shell.put(0)
    shell.on_server(tried)
    said = shell.run("dead", "show", f"{{{NAME}}}:one")
    assert said.index("Broken: for the 1. time") < said.index("Broken: for the 2. time")
    told = shell.told("dead", "show", f"{{{NAME}}}:one")
    assert [error["message"] for error in told["errors"]] == ["for the 1. time", "for the 2. time"]
    [letter] = shell.told("dead")["letters"]
    assert (letter["first_error"], letter["attempts"]) == ("Broken: for the 1. time", 2)
