"""Canned data in which every word was written by somebody who wants to steer the terminal, or by a newer version."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from itertools import cycle
from typing import Any, cast

import msgspec

from arqlight_core.flow import Tally
from arqlight_core.jobs import State
from arqlight_core.observe import Family, Happening, History, JobRow, JobView, Kin
from tests.screens.canned import NOW, CannedFleet, row
from tests.screens.canned_alerts import at_their_worst
from tests.screens.canned_campaigns import LISTED as CAMPAIGNS
from tests.screens.canned_campaigns import UNDER_WAY
from tests.screens.canned_care import FINDINGS, schedules, server, troubled_fleet
from tests.screens.canned_charts import an_hour, told
from tests.screens.canned_events import EVENTS, EventfulFleet
from tests.screens.canned_failures import FOUND, LATE, TARIFF, THROTTLED, sample
from tests.screens.canned_flows import FLOWS, TREE
from tests.screens.canned_incidents import LISTED, VERIFIED
from tests.screens.canned_jobs import whole
from tests.screens.canned_letters import LETTERS, page
from tests.screens.canned_limits import breakers, limits
from tests.screens.canned_trails import a_trail, a_trash, some_bulks

JOB = "{billing:validation}:import-00"
Next = Callable[[], str]


def poisoned(value: Any, text: Next) -> Any:
    """The same value, other text in place of every string: of keys, too, but not of enumerations and commands."""
    if type(value) is str:
        return text()
    if isinstance(value, dict):
        return {poisoned(key, text): poisoned(one, text) for key, one in cast("dict[Any, Any]", value).items()}
    if type(value) in (tuple, list):
        return type(value)(poisoned(one, text) for one in value)
    names = _names(value)
    if not names:
        return value
    told = {name: poisoned(getattr(value, name), text) for name in names}
    return _with(value, {**told, **({"fingerprint": told["fingerprint"] or "-"} if "fingerprint" in told else {})})


def _names(value: Any) -> list[str]:
    if is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in fields(value) if field.init]
    return list(value.__struct_fields__) if isinstance(value, msgspec.Struct) else []


def _with(value: Any, told: Mapping[str, Any]) -> Any:
    return type(value)(**told)


def poisoned_fleet(words: list[str]) -> CannedFleet:
    """A fleet every answer of which is made of these words, again and again."""
    text: Next = partial(next, cycle(words))
    view = poisoned(looked_into_job(), text)
    rows = [poisoned(row(f"job-{place}", state), text) for place, state in enumerate(State)]
    fleet = EventfulFleet(*poisoned(EVENTS, text))
    fleet.seen, fleet.rows = poisoned(troubled_fleet(), text), partial(_the_same, rows)
    fleet.answers = {name: poisoned(answer, text) for name, answer in _answers(fleet.answers).items()}
    fleet.jobs, fleet.bulks = _Always(view), _Always(fleet.answers["bulks"][0])
    return fleet


def looked_into_job() -> JobView:
    """One with attempts, a log, children and a parent."""
    return replace(whole(), id=JOB)


def _the_same(rows: list[JobRow], _queue: str, _state: State) -> list[JobRow]:
    return rows


class _Always(dict[str, Any]):
    """Has the same under any name."""

    def __init__(self, one: Any) -> None:
        super().__init__()
        self._one = one

    def __contains__(self, _key: object) -> bool:
        return True

    def __getitem__(self, _key: str) -> Any:
        return self._one


def _answers(usual: Mapping[str, Any]) -> dict[str, Any]:
    happened = (Happening(NOW - 300_000, "queued", "queued"), Happening(NOW, "operation", "was retried", "anna"))
    kin = (Kin("parent", JOB, "billing:validation", State.HELD, "billing.batch", "waits"),)
    return {
        **usual,
        **told(an_hour()),
        "schedules": schedules(),
        "server": server(),
        "doctor": FINDINGS,
        "failures": (TARIFF, THROTTLED, LATE),
        "failure": TARIFF,
        "job": sample(),
        "failed_jobs": FOUND,
        "dead_letters": page(*LETTERS),
        "flows": FLOWS,
        "flow": TREE,
        "breakers": breakers(NOW),
        "limits": limits(NOW),
        "alarms": at_their_worst(NOW),
        "audit": a_trail(),
        "trash": a_trash(),
        "bulks": some_bulks(),
        "incidents": LISTED,
        "incident": VERIFIED,
        "campaigns": CAMPAIGNS,
        "campaign": UNDER_WAY,
        "history": History(NOW, JOB, happened, NOW - 290_000),
        "family": Family(JOB, Tally(2, 0, 1), kin),
    }
