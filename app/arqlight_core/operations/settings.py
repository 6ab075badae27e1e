"""What can be set of a queue while it runs: another value stands in for the declared one, for a time or until reset."""

from datetime import timedelta
from typing import Protocol

from arqlight_core.errors import UsageError
from arqlight_core.live_settings import (
    BREAKER,
    CATCH_UP,
    CRON,
    DEADLINE,
    PRIORITY,
    RATE,
    RETRY,
    TIMEOUT,
    UNIQUE,
    completed,
    refuse_contradiction,
)
from arqlight_core.observe.live import SettingView, settings_of
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.lasting import lasting
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store


class Setter(Protocol):
    """An operation that sets one setting of a queue."""

    async def __call__(
        self,
        store: Store,
        queue: str,
        value: str,
        *,
        actor: str,
        reason: str = "",
        for_: timedelta | None = None,
        dry_run: bool = False,
    ) -> Report:
        """Set it."""
        ...


_DOC = """{summary}

    Args:
        store: The server.
        queue: The queue's name.
        value: {value}
        actor: Who asks.
        reason: Why.
        for_: For how long, such as 30m; without it until it is reset.
        dry_run: Only say what would be changed.
    """


def _setter(name: str, setting: str, summary: str, value: str) -> Setter:
    """The operation of that name, registered. A `setting` that ends in a colon is completed by the value."""

    async def change(
        store: Store,
        queue: str,
        value: str,
        *,
        actor: str,
        reason: str = "",
        for_: timedelta | None = None,
        dry_run: bool = False,
    ) -> Report:
        views = await _settings(store, queue)
        chosen, text = _part_of(queue, setting, value, views) if setting in _PARTS else (setting, value)
        whole = completed(queue, chosen, text, {view.name: view.declared for view in views.values()})
        refuse_contradiction(chosen, {view.name: view.effective for view in views.values()} | {chosen: whole})
        told = f"{chosen} of {queue} from {views[chosen].effective} to {whole}{lasting(for_)}"
        if dry_run:
            return Report(0, f"would set {told}")
        await store.run(scripts.override(queue, chosen, whole, actor, reason, milliseconds(for_ or timedelta())))
        return Report(1, f"set {told}")

    change.__name__, change.__doc__ = name, _DOC.format(summary=summary, value=value)
    return operation(Target.SETTING, Danger.REVERSIBLE, label=name.replace("_", " "))(change)


_PARTS = {
    RATE: "limit",
    BREAKER: "dependency",
    RETRY: "job type",
    TIMEOUT: "job type",
    DEADLINE: "job type",
    PRIORITY: "job type",
    UNIQUE: "unique key",
    CRON: "schedule",
    CATCH_UP: "schedule",
}
"""Settings that a queue has one of for each of its parts."""

_BY_RULES = (RETRY, BREAKER)
"""Settings whose values have equals signs themselves."""


def _part_of(queue: str, prefix: str, value: str, views: dict[str, SettingView]) -> tuple[str, str]:
    """Setting and value out of `part=value`, or out of the value alone where a queue has but one such part."""
    part, told, rest = value.partition("=")
    named = f"{prefix}{part.strip()}"
    if told and (named in views or prefix not in _BY_RULES or "=" in rest.partition(",")[0]):
        return named, rest
    if prefix == BREAKER:
        return "breaker", value
    what, parts = _PARTS[prefix], [name for name in views if name.startswith(prefix)]
    if not parts:
        raise UsageError(f"Queue {queue} declares no {what}; see what it declares with `arqlight status --json`.")
    if len(parts) != 1:
        known = ", ".join(name.removeprefix(prefix) for name in parts)
        raise UsageError(f"Say which {what} of {queue}, as in NAME={value}; it has: {known}.")
    return parts[0], value


async def _settings(store: Store, queue: str) -> dict[str, SettingView]:
    await keys_of(store, queue)  # refuses a queue that is not known
    told = (await store.published_queues())[queue]
    orders = await store.run(scripts.orders([]))
    return {view.name: view for view in settings_of(told, orders.standing(queue))}


_NUMBER = "A whole number above 0"
_NAMED = "; behind the job type's name, as in crm.letter=VALUE, where there are several."

set_concurrency = _setter(
    "set_concurrency",
    "concurrency",
    "Set how many of a queue's jobs one worker process runs at a time.",
    f"{_NUMBER}; to stop a queue, pause it.",
)
set_fleet_concurrency = _setter(
    "set_fleet_concurrency",
    "fleet_concurrency",
    "Set how many of a queue's jobs run at a time in the whole fleet.",
    f"{_NUMBER}, or none for no bound.",
)
set_weight = _setter(
    "set_weight",
    "weight",
    "Set a queue's share of a process that cannot run all it could.",
    f"{_NUMBER}, beside the other queues' weights.",
)
set_rate = _setter(
    "set_rate",
    RATE,
    "Set the rates of one of a queue's limits, for that queue.",
    "Rates such as 20/min, 1000/h; behind the limit's name, as in sending=20/min, where there are several.",
)
set_retry = _setter(
    "set_retry",
    RETRY,
    "Set how often and when a job type of a queue is tried again; rules that are not named stay as declared.",
    "Rules such as attempts=5, first=10s, factor=2, cap=1h, or steps=5s/5m/30m" + _NAMED,
)
set_timeout = _setter(
    "set_timeout",
    TIMEOUT,
    "Set how long one attempt of a job type of a queue may take, from its next attempt on.",
    "A span such as 30s" + _NAMED,
)
set_deadline = _setter(
    "set_deadline",
    DEADLINE,
    "Set how long after it was queued a job of a queue may still begin; jobs that are queued already are meant too.",
    "A span such as 2d" + _NAMED,
)
set_priority = _setter(
    "set_priority",
    PRIORITY,
    "Set where jobs of a queue are put in line that are queued from now on.",
    "critical, high, medium or low" + _NAMED,
)
set_unique = _setter(
    "set_unique",
    UNIQUE,
    "Set when a unique key lets the next enqueue through, and for how long it is taken; the key stays as declared.",
    "simple, throttle or debounce, and a span, such as throttle 1h" + _NAMED,
)
set_cron = _setter(
    "set_cron",
    CRON,
    "Set when a schedule of a queue ticks; it begins then, and what would have been its ticks before is no matter.",
    "A cron expression and, if it is to be another, a time zone, such as 0 8 * * 1-5 Europe/Berlin"
    "; behind the schedule's name, as in letters=0 8 * * *, where there are several.",
)
set_catch_up = _setter(
    "set_catch_up",
    CATCH_UP,
    "Set what becomes of a schedule's ticks that nobody was there for.",
    "skip, one or all; behind the schedule's name, as in letters=skip, where there are several.",
)
set_breaker = _setter(
    "set_breaker",
    BREAKER,
    "Set rules of a queue's circuit breaker, or of a dependency's for that queue; others stay as declared.",
    "Rules such as faults=3, open_for=1m, or none for no breaker; behind a dependency's name, as in api=faults=3.",
)
set_retention = _setter(
    "set_retention",
    "retention",
    "Set how many ended jobs of a queue are kept, and for how long.",
    "What is kept, such as completed 500 for 1h, dead 1000 for 2d.",
)
set_poison_after = _setter(
    "set_poison_after",
    "poison_after",
    "Set how many workers a job may take down with it before it is set aside as poison.",
    f"{_NUMBER}.",
)


@operation(Target.SETTING, Danger.REVERSIBLE, label="reset setting")
async def reset_setting(
    store: Store, queue: str, setting: str = "", *, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Let a queue's declared value count again, of one setting or of all.

    Args:
        store: The server.
        queue: The queue's name.
        setting: Which setting, such as concurrency or rate:sending; without it all.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be changed.
    """
    views = await _settings(store, queue)
    if setting and setting not in views:
        raise UsageError(f"Queue {queue} has no live setting {setting}; it has: {', '.join(sorted(views)) or 'none'}.")
    meant = [view for view in views.values() if view.overridden and setting in ("", view.name)]
    told = ", ".join(f"{view.name} from {view.effective} to {view.declared}" for view in meant)
    if not meant:
        return Report(0, f"{setting or 'every setting'} of {queue} is as declared", {"as declared": 1})
    if dry_run:
        return Report(0, f"would reset {told} of {queue}")
    for view in meant:
        await store.run(scripts.restore(queue, view.name, actor, reason))
    return Report(len(meant), f"reset {told} of {queue}")
