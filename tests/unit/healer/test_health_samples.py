"""The health history: one look for every five minutes."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from arqlight_core.policy import MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.healer.health.deciding import Look
from arqlight_jobs.healer.health.grading import Grade, Remark
from arqlight_jobs.healer.health.samples import FORGOTTEN, SLOT, Kind, Sample, Samples, slot_of
from arqlight_jobs.healer.records import records

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
async def samples(settings: Settings) -> AsyncGenerator[Samples]:
    async with records(settings) as opened:
        yield Samples(opened.engine)


def sample(number: float, grade: Grade = Grade.FAILED, target: str = "shop") -> Sample:
    at = AT + number * SLOT
    look = Look(slot_of(at), at, grade, (Remark(grade, "status", "the home page answers 500"),))
    return Sample(Kind.SITE, target, look, {"status": 500.0})


async def test_looks_are_counted_by_their_five_minutes_not_by_their_number(samples: Samples) -> None:
    assert [(await samples.note(sample(one))).incident for one in (0, 0.3, 0.6, 1, 1.2)] == [False] * 5
    assert (await samples.note(sample(2))).incident
    kept = await samples.history(Kind.SITE, "shop")
    assert [one.look.slot - slot_of(AT) for one in kept] == [2, 1, 0]


async def test_a_look_made_again_decides_the_same(samples: Samples) -> None:
    first = [await samples.note(sample(one)) for one in range(3)][-1]
    again = await samples.note(sample(2.5))
    assert first == again
    assert first.alert


async def test_a_sample_is_kept_as_it_was(samples: Samples) -> None:
    await samples.note(sample(0))
    [kept] = await samples.history(Kind.SITE, "shop")
    assert kept == sample(0)


async def test_targets_have_nothing_to_do_with_one_another(samples: Samples) -> None:
    for one in range(2):
        await samples.note(sample(one))
    assert not (await samples.note(sample(2, target="other"))).incident
    assert [one.target for one in await samples.newest()] == ["other", "shop"]
    assert [one.look.slot for one in await samples.newest()] == [slot_of(AT) + 2, slot_of(AT) + 1]


async def test_looks_with_a_long_gap_between_them_are_not_in_a_row(samples: Samples) -> None:
    for one in (0, 1):
        await samples.note(sample(one))
    assert not (await samples.note(sample(2 + FORGOTTEN / SLOT))).incident


def test_a_slot_is_five_minutes() -> None:
    assert slot_of(AT) == slot_of(AT + 4 * MINUTE) == slot_of(AT + 5 * MINUTE) - 1
