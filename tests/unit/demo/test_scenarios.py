"""Scenarios are declared, are told act by act, and can be played: every act names what there is."""

import inspect
from pathlib import Path
from typing import Any, get_args

import pytest

from arqlight.demo.account import Account
from arqlight.demo.billing import BREAKING, kinds
from arqlight.demo.buying import Buying
from arqlight.demo.campaigning import Campaigning
from arqlight.demo.filing import Filing
from arqlight.demo.healing import HealingTraffic
from arqlight.demo.playbill import Act, Cue, Operate, Scenario, perform
from arqlight.demo.providers import Providers
from arqlight.demo.scenarios import ANY_DAY, SCENARIOS, TOUR, scenario_of
from arqlight.demo.telling import Story
from arqlight.demo.traffic import Ground
from arqlight.demo.weather import Kind, Spell, Weather
from arqlight_core.declaration import Queue
from arqlight_core.operations import OPERATIONS
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store

CUES = {
    "fall_ill": HealingTraffic.fall_ill,
    "checks": HealingTraffic.check_all,
    "campaigns": Campaigning.start_all,
    "import_bad": Filing.import_bad,
    "messages": Buying.messages,
    "questions": Buying.questions,
}
line = Queue(name="test:scenario", purpose="Of these tests.", concurrency=1)


def ground_on(store: Store) -> Ground:
    providers = Providers.made()
    return Ground(store, Settings(), Account(), providers, Weather(providers.there), Path(), 0)


def acts_of(kind: type[Any]) -> list[Any]:
    return [act.does for one in SCENARIOS.values() for act in one.acts if isinstance(act.does, kind)]


def test_every_scenario_can_be_asked_for_by_its_name() -> None:
    assert set(SCENARIOS) == set(get_args(Story))
    assert all(scenario_of(name).name == name for name in SCENARIOS)
    assert scenario_of(None) is ANY_DAY
    assert scenario_of(None, on_screen=True) is TOUR
    assert not TOUR.calm


def test_on_a_calm_day_no_file_fails_a_job() -> None:
    assert set(kinds(calm=False)) > BREAKING
    assert set(kinds(calm=True)) == set(kinds(calm=False)) - BREAKING


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_a_story_of_a_minute_or_two_in_sentences(name: str) -> None:
    told = SCENARIOS[name]
    moments = [act.at for act in told.acts]
    assert moments == sorted(moments)
    assert 60 <= told.lasts <= 120
    assert moments[-1] < told.lasts
    assert all(act.say.endswith(".") for act in told.acts)


def test_every_cue_is_one_that_a_system_takes() -> None:
    for one in acts_of(Cue):
        inspect.signature(CUES[one.name]).bind(None, **one.arguments)


def test_every_operation_is_one_that_there_is_with_these_arguments() -> None:
    for one in acts_of(Operate):
        inspect.signature(OPERATIONS[one.name].run).bind(None, **one.arguments, actor="")


def test_between_them_they_show_weather_campaigns_bad_rows_and_dead_letters_that_are_retried() -> None:
    assert {one.kind for one in acts_of(Spell)} >= {Kind.OUTAGE, Kind.EXPIRED, Kind.REJECTED}
    assert {one.name for one in acts_of(Cue)} == set(CUES)
    assert {one.name for one in acts_of(Operate)} >= {"pause", "resume", "retry", "set_rate"}


async def test_acts_are_told_and_done_in_their_order(store: Store) -> None:
    await publish(store, [line])
    ground, happened = ground_on(store), list[str]()

    async def cue(*, what: str) -> None:
        happened.append(what)

    ground.cues["cue"] = cue
    ground.ready.set()
    story = Scenario(
        "story",
        1.0,
        (
            Act(0, "One.", Cue("cue", {"what": "cued"})),
            Act(0.01, "Two.", Spell(0, "openai", Kind.OUTAGE)),
            Act(0.02, "Three.", Operate("pause", {"queue": line.name, "reason": "a story"})),
            Act(0.03, "Four."),
        ),
    )
    await perform(story, ground, lambda said: happened.append(said.text))
    assert happened == ["One.", "cued", "Two.", "Three.", "Four."]
    assert len(ground.providers.there["openai"].faults) == 1
    assert (await store.published_queues())[line.name]
