"""What can be said to alerts: that nobody is to be told of them for a time, and that somebody has them in hand."""

from datetime import timedelta
from secrets import token_hex

from arqlight_core.errors import UsageError
from arqlight_core.observe.alarms import AlarmsView, alarms
from arqlight_core.observe.alerts import Rule
from arqlight_core.observe.episodes import Phase, covers, kind_of
from arqlight_core.operations.lasting import lasting
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import DAY, milliseconds, spoken
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

LONGEST = 30 * DAY
MOST = 100
"""Silences at a time; silence.lua has the same number."""
KINDS = tuple(kind_of(rule) for rule in Rule)


@operation(Target.ALERT, Danger.REVERSIBLE, label="silence")
async def silence_alerts(
    store: Store, subject: str, *, for_: timedelta, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Tell nobody of a queue's alerts, or of those of a kind, for a time: they are raised and shown as before.

    Args:
        store: The server.
        subject: The queue's name, a kind of alert such as dead-letters, or both: dead-letters@crm:mail.
        for_: For how long, such as 2h; 30 days at most.
        actor: Who asks.
        reason: Why; shown with the silence.
        dry_run: Only say what would be done.
    """
    await _refuse_unknown(store, subject)
    told = f"alerts of {subject}{lasting(for_)}"
    if for_ > LONGEST:
        raise UsageError(f"A silence lasts {spoken(LONGEST)} at most; say why it should, and silence it again then.")
    if dry_run:
        return Report(0, f"would silence {told}")
    name = token_hex(4)
    if await store.run(scripts.silence(name, subject, actor, reason, milliseconds(for_))) < 0:
        raise UsageError(f"There are {MOST} silences already; lift one with `arqlight alerts lift ID`.")
    return Report(1, f"silenced {told}, as silence {name}", operation=name)


@operation(Target.ALERT, Danger.REVERSIBLE, label="lift silence")
async def lift_alerts(store: Store, silence: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Lift a silence: of what fires then people are told, if they were not before.

    Args:
        store: The server.
        silence: The silence's id.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    standing = (await alarms(store)).silences
    if silence not in standing:
        known = ", ".join(standing) or "none"
        raise UsageError(f"There is no silence {silence}; those that stand: {known}.")
    told = f"silence {silence} of {standing[silence].subject}"
    if dry_run:
        return Report(0, f"would lift {told}")
    await store.run(scripts.lift_silence(silence, actor, reason))
    return Report(1, f"lifted {told}")


@operation(Target.ALERT, Danger.REVERSIBLE, key="o", label="acknowledge")
async def acknowledge_alerts(
    store: Store, subject: str, *, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Say that you have the alerts of a queue, or of a kind, in hand: everybody sees it, until they are over.

    Args:
        store: The server.
        subject: The queue's name, a kind of alert such as dead-letters, or both: dead-letters@crm:mail.
        actor: Who asks.
        reason: What is being done about it.
        dry_run: Only say what would be done.
    """
    await _refuse_unknown(store, subject)
    meant = _firing(await alarms(store), subject)
    if dry_run:
        return Report(len(meant), f"would acknowledge {_counted(len(meant))} of {subject}")
    changed = await store.run(scripts.acknowledge(actor, reason, meant)) if meant else 0
    return Report(changed, f"acknowledged {_counted(changed)} of {subject}")


def _firing(view: AlarmsView, subject: str) -> list[str]:
    """The keys of the alerts that a subject covers, and that nobody has in hand."""
    return [
        key
        for key, one in view.episodes.items()
        if one.phase is Phase.FIRING and key not in view.acknowledged and covers(subject, one)
    ]


def _counted(alerts: int) -> str:
    return "1 alert" if alerts == 1 else f"{alerts} alerts"


async def _refuse_unknown(store: Store, subject: str) -> None:
    """Raises UsageError for what is neither a queue nor a kind, nor a kind in a queue."""
    kind, _, queue = subject.partition("@")
    known = await store.published_queues()
    if not (subject in KINDS or subject in known or (kind in KINDS and queue in known)):
        raise UsageError(
            f"{subject} is neither a known queue nor a kind of alert, nor KIND@QUEUE; kinds are: {', '.join(KINDS)}."
        )
