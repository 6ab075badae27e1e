"""The server as lines: what it is and holds at the left, what it does at the right, and below what it was slow at."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from arqlight_core.jobs import State
from arqlight_core.observe import ServerView
from arqlight_core.observe.doctor import FULL_MEMORY
from arqlight_screens.figures import MINUTE, SECOND, age, bar, count, duration, share, short_moment, size, sparkline
from arqlight_screens.lines import Line, Part, width_of
from arqlight_screens.text import clip, pad
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.status_line import cut
from arqlight_screens.worker_columns import trip

_LABEL = 12
_BAR = 10
_LIVING = (State.SCHEDULED, State.WAITING, State.ACTIVE, State.RETRYING, State.HELD, State.DEAD)
"""Whose jobs are counted here: those of the others are only remembered."""
_TREND = 24
_SEEN = 60
"""Looks that are remembered: two minutes of them."""
HALF = 58
"""Cells of each of two halves side by side."""
_GAP = 2


@dataclass(slots=True)
class Trend:
    """What was seen lately, oldest first: round trips (µs), commands a second, and the processor's share."""

    trips: deque[int] = field(default_factory=lambda: deque[int](maxlen=_SEEN))
    rates: deque[int] = field(default_factory=lambda: deque[int](maxlen=_SEEN))
    cpu: float | None = None
    """Of one core, between the last two looks."""
    _last: ServerView | None = None

    def add(self, view: ServerView) -> None:
        """Remember one look; of two at one moment, which an arrival at the page may cause, the first."""
        if self._last and view.at_ms == self._last.at_ms:
            return
        self.trips.append(round(view.round_trip_ms * 1000))
        self.rates.append(view.traffic.per_s)
        if self._last and view.at_ms > self._last.at_ms and view.cpu_s >= self._last.cpu_s:
            self.cpu = (view.cpu_s - self._last.cpu_s) * SECOND / (view.at_ms - self._last.at_ms)
        self._last = view


def story(view: ServerView, trend: Trend, jobs: Mapping[State, int], width: int) -> list[Line]:
    """All of it in this width: side by side where there is room."""
    left, right = list(_holds(view, jobs)), list(_does(view, trend))
    upper = list(beside(left, right)) if width >= 2 * HALF + _GAP else [*left, *right]
    return [(), *upper, (), *_slow(view, width)]


def beside(left: Sequence[Line], right: Sequence[Line]) -> Iterator[Line]:
    """Two halves, line by line."""
    for one, other in zip_longest(left, right, fillvalue=()):
        shown = cut(one, HALF)
        yield (*shown, Part(" " * (HALF + _GAP - width_of(shown))), *other)


def _fact(label: str, *parts: Part) -> Line:
    return (Part(f" {label:<{_LABEL}}", "dim"), *parts)


# ---------------------------------------------------------------------- what it is and holds


def _holds(view: ServerView, jobs: Mapping[State, int]) -> Iterator[Line]:
    yield _fact("server", Part(view.name, "strong"), Part(f"  up {age(view.up_s * SECOND)}"))
    yield _fact("role", *_role(view))
    yield from _memory(view)
    yield from _persistence(view)
    told = view.clients
    refused = Part(f"  {told.refused:,} refused" if told.refused else "", "bad")
    yield _fact(
        "clients", Part(f"{told.connected:,} of {told.most:,}"), Part(f"  {told.blocked} blocked", "dim"), refused
    )
    yield _fact("keys", Part(f"{view.keys:,}"), Part(f"  {view.expiring:,} of them expire", "dim"))
    held = "  ".join(f"{count(number)} {state}" for state, number in jobs.items() if number and state in _LIVING)
    yield _fact("jobs", Part(clip(held or "none", HALF - _LABEL - 1)))


def _role(view: ServerView) -> Line:
    told = view.replication
    if told.role != "master":
        return (Part(f"{told.role} of {told.primary}", "bad"),)
    late = "" if told.lag_s is None else f", heard of {told.lag_s} s ago"
    copies = f"{told.replicas} replica{'' if told.replicas == 1 else 's'}" if told.replicas else "no replica"
    return (Part(f"primary, {copies}{late}", "plain" if told.replicas else "dim"),)


def _memory(view: ServerView) -> Iterator[Line]:
    told = view.memory
    limit = told.limit or told.machine
    part = told.used / limit if limit else 0
    done, rest = bar(part, _BAR)
    tone: Tone = "bad" if part > FULL_MEMORY else "ok"
    whose = "" if told.limit else "the machine's "
    of = f" of {whose}{size(limit)}" if limit else ""
    yield _fact(
        "memory",
        Part(done, tone),
        Part(rest, "dim"),
        Part(f" {size(told.used)}{of}", "strong"),
        Part(f"  {part:.0%}" if limit else "", "dim"),
    )
    policy = Part(told.policy, "bad" if told.policy != "noeviction" else "plain")
    unbound = "" if told.limit else "  no maxmemory"
    more = f"{unbound}  peak {size(told.peak)}  frag. {told.fragmentation:.1f}"
    yield _fact("", policy, Part(more, "dim"))


def _persistence(view: ServerView) -> Iterator[Line]:
    told = view.persistence
    if told.aof:
        rewrite = Part("  rewriting now" if told.rewriting else "", "busy")
        waits = Part(f"  waited for the disk {told.delayed:,} times" if told.delayed else "", "warn")
        yield _fact(
            "append-only", *_verdict(told.aof_write, told.aof_rewrite), Part(size(told.aof_bytes)), rewrite, waits
        )
    else:
        yield _fact("append-only", Part("✗ off: a restart loses what came since the snapshot", "bad"))
    saved = f"{age(view.at_ms - told.saved_ms)} ago" if told.saved_ms else "never"
    since = Part(f"  {told.unsaved:,} changes since", "dim")
    now = Part("  saving now" if told.saving else "  loading" if told.loading else "", "busy")
    yield _fact("snapshot", *_verdict(told.save), Part(saved), since, now)


def _verdict(*statuses: str) -> Line:
    wrong = next((status for status in statuses if status != "ok"), "")
    return (Part(f"✗ failed ({wrong}) ", "bad"),) if wrong else (Part("✓ ", "ok"),)


# ---------------------------------------------------------------------- what it does


def _does(view: ServerView, trend: Trend) -> Iterator[Line]:
    told = view.traffic
    yield _fact("round trip", *_number(trip(view.round_trip_ms)), _trend(trend.trips), Part(_worst(trend), "dim"))
    yield _fact(
        "commands",
        *_number(f"{count(told.per_s)}/s"),
        _trend(trend.rates),
        Part(f"  {count(told.commands)} in all", "dim"),
    )
    yield _fact("processor", *_number(share(trend.cpu)), Part("of one core, since the last look", "dim"))
    yield _fact("network", Part(f"{told.in_kib_s:,.0f} KiB/s in  {told.out_kib_s:,.0f} KiB/s out"))
    yield _fact("lookups", *_number(share(told.hit_rate)), Part("found something", "dim"))
    evicted = Part(f"  {told.evicted:,} evicted", "bad" if told.evicted else "dim")
    yield _fact("expired", Part(f"{told.expired:,}"), evicted, Part(f"  {told.errors:,} errors answered", "dim"))
    yield from _spikes(view)


def _number(text: str) -> Line:
    return (Part(pad(text, 8), "strong"),)


def _trend(values: Iterable[int]) -> Part:
    return Part(sparkline(list(values), _TREND), "busy")


def _worst(trend: Trend) -> str:
    return f" worst {trip(max(trend.trips) / 1000)}"


def _spikes(view: ServerView) -> Iterator[Line]:
    """What the latency monitor saw: it sees nothing unless it was given a threshold."""
    if view.spikes_problem:
        yield _fact("held up by", Part(clip(view.spikes_problem, HALF - _LABEL - 1), "warn"))
    elif view.spikes:
        worst = view.spikes[0]
        ago = age(view.at_ms - worst.at_ms)
        yield _fact(
            "held up by",
            Part(f"{worst.event} {duration(worst.worst_ms)} at worst", "warn"),
            Part(f"  {ago} ago", "dim"),
        )


# ---------------------------------------------------------------------- what it was slow at


def _slow(view: ServerView, width: int) -> Iterator[Line]:
    yield (Part(" slow log", "busy"), Part("  newest first; what commands carried is not shown", "dim"))
    if view.slow_problem:
        yield (Part("   "), Part(view.slow_problem, "warn"))
    elif not view.slow:
        yield (Part("   no command took the server too long", "dim"),)
    for one in view.slow:
        fresh = view.at_ms - one.at_ms < MINUTE
        when, took = short_moment(one.at_ms, view.at_ms), trip(one.took_ms)
        room = max(10, width - 26 - width_of([Part(one.client)]))
        command = Part(pad(one.command, room), "plain")
        yield (
            Part(f" {when:>11} ", "dim"),
            Part(f"{took:>6}  ", "warn" if fresh else "plain"),
            command,
            Part(f"  {one.client}", "dim"),
        )
