"""`arqlight failures`: thousands of failures as the few bugs that they are, and each bug with whom it meets."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.spans import Span
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.fingerprint import ID_LENGTH
from arqlight_core.observe import FailureGroup
from arqlight_core.observe.failures import OTHERS
from arqlight_core.policy import DAY, milliseconds
from arqlight_screens.figures import sparkline

_FINGERPRINT = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
_QUEUES_NAMED = 2


async def failures(
    which: str = "",
    /,
    *,
    since: Span | None = None,
    sort: Literal["count", "last"] = "last",
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 20,
    watch: Watch = False,
    json: bool = False,
) -> None:
    """Failures grouped by their fingerprints: exception type, message without its values, place in the code.

    Args:
        which: A queue's name, for its groups only; or a fingerprint, for all that is known of one group.
        since: Only groups seen in this span, such as 2h; those first seen in it are the new ones. Else: in a day.
        sort: The most frequent first, or those seen last first.
        limit: How many groups to show.
        watch: Look again each second.
        json: Print JSON.
    """
    span = DAY if since is None else since

    def show(found: tuple[FailureGroup, ...]) -> None:
        groups = [group for group in found if since is None or group.last_ms > group.at_ms - milliseconds(since)]
        if sort == "count":
            groups.sort(key=lambda group: -group.count)
        _show_all(groups, limit, span, json=json)

    def show_one(group: FailureGroup) -> None:
        _show_one(group, span, json=json)

    async with reading() as store:
        if _FINGERPRINT.fullmatch(which):
            await watched(store, lambda: observe.failure(store, which), show_one, watch=watch)
        else:
            queues = [which] if which else None
            await watched(store, lambda: observe.failures(store, queues), show, watch=watch)


def _show_all(groups: list[FailureGroup], limit: int, span: timedelta, *, json: bool) -> None:
    shown = groups[:limit]
    if json:
        output.as_json([_told(group, span) for group in shown])
        return
    if not groups:
        output.say("No failures are known, or none in that span.")
        return
    columns = ["fingerprint", "new", "count", "dead", "last", "where, and what"]
    output.table(columns, [_row(group, span) for group in shown])
    output.say(f"{len(shown)} of {len(groups)} groups, {sum(group.count for group in groups):,} failures")


def _told(group: FailureGroup, span: timedelta) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(group, name) for name in FailureGroup.__slots__}
    return {**told, "is_new": _is_new(group, span)}


def _is_new(group: FailureGroup, span: timedelta) -> bool:
    return group.is_new_since(group.at_ms - milliseconds(span))


def _row(group: FailureGroup, span: timedelta) -> list[object]:
    new = "new" if _is_new(group, span) else ""
    seen = age(group.at_ms - group.last_ms)
    return [group.fingerprint, new, group.count, group.dead, seen, f"{_where(group.queues)}  {group.title}"]


def _where(queues: Mapping[str, int]) -> str:
    return ", ".join(queues) if len(queues) <= _QUEUES_NAMED else f"{len(queues)} queues"


# ------------------------------------------------------------------ one group


def _show_one(group: FailureGroup, span: timedelta, *, json: bool) -> None:
    if json:
        output.as_json(_told(group, span))
        return
    facts = {
        "error": group.error,
        "pattern": group.pattern,
        "in": group.frame or "-",
        "failures": f"{group.count:,}, of which {group.dead:,} ended a job",
        "seen": f"first {age(group.at_ms - group.first_ms)} ago, last {age(group.at_ms - group.last_ms)} ago",
        "48 hours": sparkline(group.trend, len(group.trend)),
        "queues": _spread(group.queues),
        "job types": _spread(group.job_types),
        "tenants": _spread(group.tenants),
        "workers": _spread(group.workers),
        "sample": group.sample_job,
    }
    output.table(["failure", group.fingerprint], [(name, told) for name, told in facts.items() if told])
    for line in _ways_on(group):
        output.say(output.visible(line))


def _spread(names: Mapping[str, int]) -> str:
    return ", ".join(f"{'others' if name == OTHERS else name} {count:,}" for name, count in names.items())


def _ways_on(group: FailureGroup) -> Iterable[str]:
    yield f"see it whole:      arqlight job {group.sample_job}"
    for queue in group.queues:
        yield f"once it is mended: arqlight retry {queue} --failure {group.fingerprint}"
    if len(group.queues) > 1:
        yield f"or in all of them: arqlight retry --failure {group.fingerprint}"
