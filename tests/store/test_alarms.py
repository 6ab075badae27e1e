"""Alerts on a real server: one leads, transitions are told once, silences and acknowledgements, and who is told."""

from datetime import timedelta

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.observe.alarms import DUTY
from arqlight_core.observe.alerts import Alert, Rule
from arqlight_core.observe.episodes import Episode, Patience, followed
from arqlight_core.operations import acknowledge_alerts, lift_alerts, pause, resume, silence_alerts
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Change
from arqlight_fleet.alarms import AlarmWatch
from arqlight_fleet.worker import FleetWorker
from tests.faults.alarmed import BELLS, HALL, ring
from tests.store.line import eventually

FIRING = next(iter(followed({}, [Alert(Rule.DEAD, HALL.name, "has 1 dead letter", "")], 1, Patience(1, 1)).values()))
AT_ONCE = Settings(alerts="hold=1, gone=1")


@pytest.fixture
async def hall(store: Store) -> Store:
    await publish(store, [HALL])  # notices wait in the other: nobody is to miss a worker there
    return store


@pytest.fixture
async def watch(hall: Store) -> AlarmWatch:
    """The look of a worker that does nothing else."""
    worker = FleetWorker(queues=[HALL], url=hall.url, settings=AT_ONCE, handle_signals=False)
    worker.store = hall
    return AlarmWatch(worker, ring)


async def note(store: Store, record: Episode | None, worker: str = "w1") -> bool:
    text = msgspec.json.encode(record).decode() if record else ""
    return await store.run(scripts.note_alerts(DUTY, worker, [Change(FIRING.key, text)]))


async def told(store: Store, kind: str = "alert") -> list[str]:
    return [one.told.get("what", "") for one in await observe.events(store) if one.kind == kind]


async def test_one_worker_leads_until_it_gives_up(store: Store) -> None:
    assert await store.run(scripts.lead(DUTY, "w1", 60_000)) == "w1"
    assert await store.run(scripts.lead(DUTY, "w2", 60_000)) == "w1"
    assert await store.run(scripts.lead(DUTY, "w2", 0)) == "w1", "nobody gives up for another"
    assert await store.run(scripts.lead(DUTY, "w1", 0)) == ""
    assert await store.run(scripts.lead(DUTY, "w2", 60_000)) == "w2"
    assert (await observe.alarms(store)).leader == "w2"


async def test_a_worker_that_does_not_lead_notes_nothing(store: Store) -> None:
    await store.run(scripts.lead(DUTY, "w2", 60_000))
    assert not await note(store, FIRING)
    assert (await observe.alarms(store)).episodes == {}


async def test_what_is_raised_and_cleared_is_told_once_though_the_call_is_sent_twice(store: Store) -> None:
    await store.run(scripts.lead(DUTY, "w1", 60_000))
    for record in (FIRING, FIRING, None, None):
        assert await note(store, record)
    assert await told(store) == ["raised", "cleared"]


async def test_an_alert_is_raised_told_once_and_told_to_be_over(hall: Store, watch: AlarmWatch) -> None:
    await pause(hall, HALL.name, actor="ada", reason="their release")
    for _ in range(3):
        await watch.look()
    assert await waiting(hall) == 1
    await resume(hall, HALL.name, actor="ada")
    assert await watch.look() == "0 firing, 1 told"
    assert await watch.look() == "0 firing, 0 told"
    assert await waiting(hall) == 2
    assert await told(hall) == ["raised", "cleared"]


async def test_a_notice_queued_by_a_leader_that_died_before_it_noted_so_is_not_queued_again(
    hall: Store, watch: AlarmWatch
) -> None:
    await pause(hall, HALL.name, actor="ada")
    await watch.look()
    [one] = (await observe.alarms(hall)).episodes.values()
    assert one.told_ms
    forgotten = Change(one.key, msgspec.json.encode(msgspec.structs.replace(one, told_ms=0)).decode())
    await hall.run(scripts.note_alerts(DUTY, (await observe.alarms(hall)).leader, [forgotten]))
    await watch.look()
    assert await waiting(hall) == 1


async def test_of_what_is_silenced_nobody_is_told_until_the_silence_is_lifted(hall: Store, watch: AlarmWatch) -> None:
    report = await silence_alerts(hall, "paused", for_=HOUR, actor="ada", reason="a release")
    await pause(hall, HALL.name, actor="ada")
    assert await watch.look() == "1 firing, 0 told"
    [seen] = observe.standing([], await observe.alarms(hall))
    assert (seen.state, seen.silence) == ("gone", report.operation)
    await lift_alerts(hall, report.operation, actor="ada")
    assert await watch.look() == "1 firing, 1 told"


async def test_a_silence_whose_time_is_over_is_lifted(hall: Store, watch: AlarmWatch) -> None:
    await hall.run(scripts.silence("s1", "paused", "ada", "", 1))
    await hall.run(scripts.silence("s2", "paused", "ada", "", 60_000))
    await eventually(lambda: only_stands(hall, "s2"))
    assert await watch.forget_silences() == "1 lifted"
    assert list((await hall.run(scripts.alarms(DUTY))).silences) == ["s2"]


async def test_an_alert_is_in_somebodys_hands_until_it_is_over(hall: Store) -> None:
    await hall.run(scripts.lead(DUTY, "w1", 60_000))
    await note(hall, FIRING)
    assert (await acknowledge_alerts(hall, HALL.name, actor="ada")).changed == 1
    assert (await acknowledge_alerts(hall, "dead-letters", actor="bob")).changed == 0
    assert observe.standing([], await observe.alarms(hall))[0].by == "ada"
    await note(hall, None)
    await note(hall, FIRING)
    assert observe.standing([], await observe.alarms(hall))[0].by == ""


@pytest.mark.parametrize("subject", ["", "nowhere", "dead letters", "paused@nowhere", "@", "paused@"])
async def test_what_is_neither_a_queue_nor_a_kind_is_refused(hall: Store, subject: str) -> None:
    for asked in (silence_alerts(hall, subject, for_=HOUR, actor="ada"), acknowledge_alerts(hall, subject, actor="a")):
        with pytest.raises(
            UsageError, match=r"neither a known queue nor a kind of alert, nor KIND@QUEUE; kinds are: no-worker, "
        ):
            await asked


@pytest.mark.parametrize("span", [timedelta(0), -HOUR, 31 * DAY])
async def test_a_silence_has_a_length(hall: Store, span: timedelta) -> None:
    with pytest.raises(UsageError):
        await silence_alerts(hall, HALL.name, for_=span, actor="ada")


async def test_what_nobody_has_silenced_cannot_be_lifted(hall: Store) -> None:
    with pytest.raises(UsageError, match=r"There is no silence x1; those that stand: none\."):
        await lift_alerts(hall, "x1", actor="ada")


async def test_what_was_just_found_is_pending_where_somebody_looks_and_unwatched_where_nobody_does(hall: Store) -> None:
    found = [Alert(Rule.PAUSED, HALL.name, "paused by ada", "")]
    assert [one.state for one in observe.standing(found, await observe.alarms(hall))] == ["unwatched"]
    await hall.run(scripts.lead(DUTY, "w1", 60_000))
    assert [one.state for one in observe.standing(found, await observe.alarms(hall))] == ["pending"]


async def test_an_alert_of_a_kind_that_only_a_newer_version_knows_is_left_to_that(
    hall: Store, watch: AlarmWatch
) -> None:
    await watch.look()
    leader = (await observe.alarms(hall)).leader
    newer = msgspec.json.encode(msgspec.structs.replace(FIRING, rule="tides")).decode()
    assert await hall.run(scripts.note_alerts(DUTY, leader, [Change("tides", newer)]))
    assert observe.standing([], await observe.alarms(hall)) == ()
    await watch.look()
    assert "tides" in (await hall.run(scripts.alarms(DUTY))).alerts


@pytest.mark.parametrize("subject", ["dead-letters", HALL.name, f"dead-letters@{HALL.name}"])
async def test_a_subject_is_a_kind_a_queue_or_a_kind_in_a_queue(hall: Store, subject: str) -> None:
    await hall.run(scripts.lead(DUTY, "w1", 60_000))
    await note(hall, FIRING)
    report = await silence_alerts(hall, subject, for_=HOUR, actor="ada")
    assert [one.silence for one in observe.standing([], await observe.alarms(hall))] == [report.operation]
    await silence_alerts(hall, f"paused@{HALL.name}", for_=HOUR, actor="ada")
    assert (await acknowledge_alerts(hall, f"paused@{HALL.name}", actor="ada")).changed == 0
    assert (await acknowledge_alerts(hall, subject, actor="ada")).changed == 1


async def only_stands(store: Store, silence: str) -> bool:
    return list((await observe.alarms(store)).silences) == [silence]


async def waiting(store: Store) -> int:
    """How many notices were queued."""
    keys = QueueKeys.declared(BELLS.name)
    return (await store.run(scripts.overview(keys, 0, 1)))[1]
