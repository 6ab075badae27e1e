"""The weather: a table of spells, each at one provider, meeting one call or all of them for a while."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest

from arqlight.demo.doors import BASES
from arqlight.demo.scenarios import SCENARIOS
from arqlight.demo.weather import CYCLE, GENTLE, Kind, Spell, Weather, fault_of
from arqlight.demo.world.stand_in import Answer, StandIn, standing


@pytest.fixture
async def there() -> AsyncGenerator[StandIn]:
    async with standing(StandIn(lambda call: Answer(200, b"", effect=call.path))) as served:
        yield served


async def asked(there: StandIn, path: str = "/") -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{there.url}{path}")).status_code


async def cleared(there: StandIn) -> None:
    while there.prevailing is not None:  # noqa: ASYNC110 - weather tells nobody
        await asyncio.sleep(0.005)


def all_spells() -> list[Spell]:
    acts = [act.does for scenario in SCENARIOS.values() for act in scenario.acts]
    return [*GENTLE, *(does for does in acts if isinstance(does, Spell))]


def test_every_spell_is_at_a_provider_that_there_is_and_of_a_kind_that_it_has() -> None:
    for one in all_spells():
        assert one.provider in BASES
        assert fault_of(one.provider, one.kind)


def test_the_gentle_weather_fits_into_its_round_in_order_and_knows_every_common_kind() -> None:
    moments = [one.at for one in GENTLE]
    assert moments == sorted(moments)
    assert max(one.at + one.lasts for one in GENTLE) < CYCLE
    assert {Kind.SLOW, Kind.THROTTLED, Kind.OUTAGE, Kind.EXPIRED, Kind.LOST} <= {one.kind for one in GENTLE}


async def test_a_spell_without_an_end_meets_one_call_and_none_waits_behind_it(there: StandIn) -> None:
    weather = Weather({"whatsapp": there})
    weather.begin(Spell(0, "whatsapp", Kind.THROTTLED))
    weather.begin(Spell(0, "whatsapp", Kind.OUTAGE))
    assert [await asked(there) for _ in range(2)] == [429, 200]


async def test_a_spell_that_lasts_meets_every_call(there: StandIn) -> None:
    Weather({"sendgrid": there}).begin(Spell(0, "sendgrid", Kind.EXPIRED, lasts=60))
    assert [await asked(there) for _ in range(3)] == [401, 401, 401]
    assert not there.effects


async def test_a_spell_that_is_over_meets_none(there: StandIn) -> None:
    Weather({"sendgrid": there}).begin(Spell(0, "sendgrid", Kind.EXPIRED, lasts=0.01))
    await cleared(there)
    assert await asked(there) == 200


async def test_a_spell_that_came_later_outlasts_the_end_of_the_one_before(there: StandIn) -> None:
    weather, other = Weather({"sendgrid": there, "openai": StandIn(lambda _: Answer())}), Kind.EXPIRED
    weather.begin(Spell(0, "sendgrid", Kind.OUTAGE, lasts=0.01))
    weather.begin(Spell(0, "sendgrid", other, lasts=60))
    weather.begin(Spell(0, "openai", Kind.OUTAGE, lasts=0.02))
    await cleared(weather.there["openai"])
    assert there.prevailing is fault_of("sendgrid", other)


async def test_rounds_are_played_again_and_again(there: StandIn) -> None:
    begun, thrice = list[Kind](), asyncio.Event()

    class Noting(Weather):
        def begin(self, spell: Spell) -> None:
            begun.append(spell.kind)
            if len(begun) >= 6:
                thrice.set()

    spells = (Spell(0, "openai", Kind.OUTAGE), Spell(0.01, "openai", Kind.EXPIRED))
    playing = asyncio.create_task(Noting({"openai": there}).play(spells, 0.02))
    await thrice.wait()
    playing.cancel()
    assert begun[:6] == [Kind.OUTAGE, Kind.EXPIRED] * 3


async def test_fine_weather_is_no_work(there: StandIn) -> None:
    await asyncio.wait_for(Weather({"openai": there}).play((), 60.0), 1)
