"""From looks to alerts: what is raised when, what is cleared when, who is told, and that nothing is told twice."""

from dataclasses import replace

import msgspec
import pytest

from arqlight_core.observe.alerts import Alert, Rule
from arqlight_core.observe.episodes import MOST, Episode, Patience, Phase, followed, to_be_told
from arqlight_core.policy.thresholds import Thresholds, read_thresholds
from arqlight_core.store.scripts import Silence

DEEP = Alert(Rule.DEPTH, "a:a", "is deep: 12,000 wait", "`arqlight eta a:a`")
PATIENCE = Patience(3, 2)
KEY = "depth|a:a|"
HUSH = Silence("a:a", "ada", "", 0, 100)


def seen(looks: str, patience: Patience = PATIENCE, *, tells: bool = True) -> list[Phase | None]:
    """The alert's phase after each look, at which it was there (x) or not (.); whoever is to be told of it is."""
    known: dict[str, Episode] = {}
    phases: list[Phase | None] = []
    for at_ms, there in enumerate(looks, start=1):
        known = followed(known, [DEEP] if there == "x" else [], at_ms, patience)
        phases.append(known[KEY].phase if known else None)
        if tells:
            known = {key: msgspec.structs.replace(one, told_ms=one.raised_ms) for key, one in known.items()}
    return phases


def test_it_is_raised_when_it_was_there_so_many_looks_in_a_row() -> None:
    assert seen("xx.xxx") == [
        Phase.PENDING, Phase.PENDING, None, Phase.PENDING, Phase.PENDING, Phase.FIRING,
    ]  # fmt: skip


def test_it_is_cleared_when_it_was_not_there_so_many_looks_in_a_row() -> None:
    assert seen("xxx.x..")[3:] == [Phase.FIRING, Phase.FIRING, Phase.FIRING, Phase.CLEARED]


def test_of_what_nobody_was_told_nobody_is_told_that_it_is_over() -> None:
    assert seen("xxx..", tells=False)[-1] is None


def test_what_is_over_stays_until_that_is_told() -> None:
    assert seen("xxx..xx")[4:] == [Phase.CLEARED] * 3


def test_without_patience_one_look_decides() -> None:
    assert Patience.of(read_thresholds("hold=off, gone=1")) == Patience(1, 1)
    assert seen("x.", Patience(1, 1)) == [Phase.FIRING, Phase.CLEARED]
    assert Patience.of(Thresholds()) == Patience(3, 3)


def test_each_time_that_it_fires_is_an_episode_of_its_own_and_looks_do_not_change_its_name() -> None:
    now = Patience(1, 1)
    first = followed({}, [DEEP], 1, now)[KEY]
    deeper = replace(DEEP, text="is deep: 13,000 wait")
    again = followed({KEY: first}, [deeper], 2, now)[KEY]
    assert (again.id, again.raised_ms, again.since_ms, again.text) == (first.id, 1, 1, deeper.text)
    assert followed({}, [DEEP], 3, now)[KEY].id != first.id


def test_of_two_findings_of_one_alert_the_first_counts() -> None:
    found = followed({}, [DEEP, replace(DEEP, text="another")], 1, PATIENCE)
    assert [one.text for one in found.values()] == [DEEP.text]


def test_no_more_are_kept_than_can_be() -> None:
    many = [replace(DEEP, name=str(number)) for number in range(MOST + 5)]
    kept = followed({}, many, 1, PATIENCE)
    assert len(kept) == MOST
    assert followed(kept, many, 2, PATIENCE).keys() == kept.keys()


def firing(rule: Rule = Rule.DEPTH, told_ms: int = 0) -> Episode:
    one = followed({}, [replace(DEEP, rule=rule)], 1, Patience(1, 1))
    return msgspec.structs.replace(next(iter(one.values())), told_ms=told_ms)


@pytest.mark.parametrize(
    ("episode", "silences", "told"),
    [
        (firing(), [], True),
        (firing(told_ms=5), [], False),
        (firing(Rule.CHANGED), [], False),
        (firing(), [HUSH], False),
        (firing(), [replace(HUSH, subject="b:b")], True),
        (firing(Rule.DEAD), [replace(HUSH, subject="dead-letters")], False),
        (firing(), [replace(HUSH, until_ms=50)], True),
        (msgspec.structs.replace(firing(), phase=Phase.PENDING), [], False),
        (msgspec.structs.replace(firing(told_ms=5), phase=Phase.CLEARED), [HUSH], True),
    ],
)
def test_who_is_told(episode: Episode, silences: list[Silence], told: bool) -> None:  # noqa: FBT001 - expected
    assert to_be_told(episode, silences, 50) is told
