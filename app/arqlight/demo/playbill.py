"""How a scenario is played: a list of acts, each at its second, each told in a sentence before it happens."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arqlight.demo.telling import Said
from arqlight.demo.traffic import Ground
from arqlight.demo.weather import Spell
from arqlight_core.operations import OPERATIONS

BY = "the demonstration"
OPERATOR = "an operator"
"""Who does what the acts say that an operator does: told from the rest in the audit trail."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Have a system of the show do something."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Operate:
    """Do what an operator would, with the operation of that name."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """What happens `at` a second of the scenario, in a sentence for somebody who sees this for the first time."""

    at: float
    say: str
    does: Spell | Cue | Operate | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story. `lasts` in seconds, where nobody says how long to watch."""

    name: str
    lasts: float
    acts: Sequence[Act] = ()
    calm: bool = True
    """Whether nothing breaks but what the acts break."""


async def perform(scenario: Scenario, ground: Ground, tell: Callable[[Said], None]) -> None:
    """Play it, act by act, from the moment on at which the systems can do what it asks of them."""
    await ground.ready.wait()
    clock = asyncio.get_running_loop().time
    began = clock()
    for act in scenario.acts:
        await asyncio.sleep(began + act.at - clock())
        tell(Said(act.say, act.at))
        await _done(act.does, ground)


async def _done(does: Spell | Cue | Operate | None, ground: Ground) -> None:
    match does:
        case Spell():
            ground.weather.begin(does)
        case Cue(name, arguments):
            await ground.cues[name](**arguments)
        case Operate(name, arguments):
            await _operated(ground, name, arguments)
        case None:
            return


async def _operated(ground: Ground, name: str, arguments: Mapping[str, Any]) -> None:
    """As an operator would: what has to be confirmed is looked at in a dry run first."""
    run, told = OPERATIONS[name].run, {**arguments, "actor": OPERATOR}
    if "selection" in arguments:
        told["confirm"] = (await run(ground.store, **told, dry_run=True)).confirm
    await run(ground.store, **told)
