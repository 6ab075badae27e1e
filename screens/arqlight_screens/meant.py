"""What a key or the menu of actions acts upon: what the cursor stands on, or what is marked, at that very moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arqlight_core.jobs import State, allows
from arqlight_core.observe import BreakerView, BulkView, QueueView, ScheduleView, SettingView, TrashView, WorkerView
from arqlight_core.operations import OPERATIONS, Selection, Target
from arqlight_core.operations.actions import ACTIONS
from arqlight_screens.room import Purge

_STEERING: tuple[str, ...] = ("pause_bulk", "resume_bulk", "abort_bulk")


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing that can be acted upon; `arguments` name it to the operations of its target."""

    target: Target
    name: str
    """What an operator calls it."""
    arguments: Mapping[str, Any]
    unfit: Mapping[str, str] = field(default_factory=dict[str, str])
    """Operations that would come to nothing now, and why."""
    settled: bool = True
    """Whether it has stood under the cursor long enough to be meant."""
    every: bool = False
    """Whether it is all the jobs that are shown or marked, rather than one."""
    begun: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the fields of a form begin with, by their names."""
    offered: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """What the fields of a form may well be, by their names: each value with what there is to say of it."""

    @property
    def queue(self) -> str:
        """The queue that it is, or belongs to; '' where that is none."""
        selection = self.arguments.get("selection")
        return selection.queue if isinstance(selection, Selection) else self.arguments.get("queue", "")

    def said(self, operation: str) -> str:
        """Why the operation would come to nothing; '' when it fits."""
        return self.unfit.get(operation, "")


# ---------------------------------------------------------------------- queues


def of_queue(name: str, view: QueueView | None, *, settled: bool = True) -> tuple[Meant, ...]:
    """A queue, its trash, its settings and, where it has one, its breaker; `view` is None while nobody has seen it."""
    named = {"queue": name}
    found = [
        Meant(Target.QUEUE, name, named, _queue_unfit(view), settled, offered=_of_queue(view)),
        Meant(Target.TRASH, name, named, settled=settled),
        Meant(Target.SETTING, name, named, settings_unfit(view.settings if view else ()), settled, offered=_set(view)),
    ]
    if view and any(one.name == "breaker" and one.effective != "none" for one in view.settings):
        found.append(Meant(Target.BREAKER, name, {"breaker": name}, settled=settled))
    return tuple(found)


def _queue_unfit(view: QueueView | None) -> dict[str, str]:
    if view is None:
        return {}
    unfit = {"pause": f"paused already, by {view.paused.by}"} if view.paused else {"resume": "it is not paused"}
    return unfit if view.holds else unfit | {"lift_hold": "it has no standing hold"}


def _of_queue(view: QueueView | None) -> dict[str, dict[str, str]]:
    """The job types of a queue, as far as its settings name them, and its standing holds."""
    if view is None:
        return {}
    types = sorted({part for one in view.settings if (part := one.name.removeprefix("timeout:")) != one.name})
    return {"job_type": dict.fromkeys(types, ""), "rule": {hold.id: hold.matching for hold in view.holds}}


def _set(view: QueueView | None) -> dict[str, dict[str, str]]:
    """What of a queue is not as declared."""
    overridden = [one for one in view.settings if one.overridden] if view else ()
    return {"setting": {one.name: one.effective for one in overridden}}


def settings_unfit(settings: Sequence[SettingView]) -> dict[str, str]:
    """What cannot be set: a queue declares no such thing. Without any settings known, nothing is ruled out."""
    known = {one.name.partition(":")[0] for one in settings}
    setters = [name for name, one in OPERATIONS.items() if one.target is Target.SETTING and name != "reset_setting"]
    unfit = {name: "the queue declares none" for name in setters if known and name.removeprefix("set_") not in known}
    overridden = not known or any(one.overridden for one in settings)
    return unfit if overridden else unfit | {"reset_setting": "everything is as declared"}


def of_setting(queue: str, setting: SettingView, *, settled: bool = True) -> Meant:
    """One setting of a queue: a form begins with what it is now."""
    what, _, part = setting.name.partition(":")
    setter = f"set_{what}"
    unfit = {name: f"this is {setting.name}" for name, one in OPERATIONS.items() if one.target is Target.SETTING}
    unfit = {name: why for name, why in unfit.items() if name not in (setter, "reset_setting")}
    if not setting.overridden:
        unfit["reset_setting"] = "it is as declared"
    begun = {"value": f"{part}={setting.effective}" if part else setting.effective, "setting": setting.name}
    return Meant(Target.SETTING, f"{setting.name} of {queue}", {"queue": queue}, unfit, settled, begun=begun)


# ---------------------------------------------------------------------- jobs


def of_jobs(selection: Selection, *, name: str = "", settled: bool = True, every: bool = False) -> Meant:
    """Jobs of one state: the one under the cursor, those that are marked, or (`every`) all that are shown."""
    return Meant(
        Target.JOBS, name or _called(selection), {"selection": selection}, jobs_unfit(selection), settled, every=every
    )


def of_job(queue: str, job_id: str, state: State, *, settled: bool = True) -> Meant:
    """One job, in the state in which it was seen."""
    return of_jobs(Selection(queue, state, (job_id,)), settled=settled)


def _called(selection: Selection) -> str:
    if len(selection.ids) == 1:
        return f"job {selection.ids[0].removeprefix(f'{{{selection.queue}}}:')}"
    return f"{len(selection.ids):,} {selection.state} jobs" if selection.ids else f"all {selection}"


def jobs_unfit(selection: Selection) -> dict[str, str]:
    """The operations that jobs of this state cannot take."""
    state = selection.state
    if state is None:
        return {}
    names = [name for name, one in OPERATIONS.items() if one.target is Target.JOBS and name in ACTIONS]
    why = f"jobs that are {state} cannot take it"
    unfit = {name: why for name in names if not allows(ACTIONS[name].transition, state)}
    return unfit if len(selection.ids) == 1 else unfit | {"edit": "one job is edited at a time"}


# ---------------------------------------------------------------------- the rest


def of_worker(view: WorkerView, *, settled: bool = True) -> Meant:
    """A worker process."""
    quiet = view.state != "running"
    unfit = {"quiet_worker": f"it is {view.state} already"} if quiet else {"resume_worker": "it is running"}
    if view.state == "draining":
        unfit |= {"resume_worker": "it is draining", "stop_worker": "it is draining already"}
    return Meant(Target.WORKER, view.id, {"worker": view.id}, unfit, settled)


def of_breaker(view: BreakerView, *, settled: bool = True) -> Meant:
    """A breaker: a queue's own, or a dependency's."""
    unfit = {
        "forced open": {"trip_breaker": "it is forced open already"},
        "forced closed": {"close_breaker": "it is forced closed already"},
        "half-open": {"half_open_breaker": "it is half-open already"},
    }.get(view.condition, {})
    if view.condition == "off":
        unfit = {name: "it is off" for name, one in OPERATIONS.items() if one.target is Target.BREAKER}
    return Meant(Target.BREAKER, view.name, {"breaker": view.name}, unfit, settled)


def of_schedule(view: ScheduleView, *, settled: bool = True) -> Meant:
    """A schedule."""
    unfit = {"pause_schedule": "it is paused already"} if view.paused else {"resume_schedule": "it is not paused"}
    return Meant(Target.SCHEDULE, view.name, {"schedule": view.name}, unfit, settled)


def of_bulk(view: BulkView, *, settled: bool = True) -> Meant:
    """A bulk operation."""
    unfit = {"pause_bulk": f"it is {view.state}"} if view.state == "paused" else {"resume_bulk": "it is not paused"}
    if view.is_over:
        unfit = dict.fromkeys(_STEERING, f"it is {view.state}")
    return Meant(Target.BULK, f"bulk {view.id}", {"bulk": view.id}, unfit, settled)


def of_trash(view: TrashView, *, settled: bool = True) -> Meant:
    """What one operation moved to the trash."""
    told = {"queue": view.queue, "operation": view.operation}
    return Meant(Target.TRASH, f"{view.jobs:,} jobs of {view.queue}", told, settled=settled)


def of_purge(purge: Purge) -> Meant:
    """What was purged from this room."""
    return Meant(Target.TRASH, purge.queue, {"queue": purge.queue, "operation": purge.operation})
