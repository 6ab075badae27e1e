"""One breaker drawn as the machine that it is, or one limit with whom it keeps waiting: the lines below their table."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from arqlight_core.observe import BreakerView, LimitView
from arqlight_core.policy import Breaker, milliseconds
from arqlight_screens.figures import age, count, duration, moment
from arqlight_screens.guard_rows import CONDITIONS, Guard, drawn_bar, rules_of
from arqlight_screens.lines import Line, Part, width_of
from arqlight_screens.text import clip, pad
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.text_pane import wrapped

BESIDE = 120
"""From so many cells on what is known stands beside the drawing, else below it."""

_BOX, _FIRST, _SECOND = 15, 17, 15
"""Cells of a state's box, and of the arrows between them."""
_BORDERS = {False: "┌─┐│└─┘", True: "┏━┓┃┗━┛"}
_KEY, _USE = 18, 20


def story(row: Guard, width: int) -> Sequence[Line]:
    """What is known of the breaker or limit."""
    told = _of_limit(row.view) if isinstance(row.view, LimitView) else _of_breaker(row.view, width)
    return ((Part("─" * width, "dim"),), _title(row), *told)


def _title(row: Guard) -> Line:
    queues = row.view.queues
    whose = "its queue's own breaker" if row.kind == "breaker" else f"{row.kind} of {', '.join(queues)}"
    return (Part(f" {row.view.name}", "strong"), Part(f"  {whose}", "dim"))


# ---------------------------------------------------------------------- a breaker


def _of_breaker(view: BreakerView, width: int) -> Sequence[Line]:
    drawing = machine(view)
    room = max(map(width_of, drawing)) + 2
    if width < BESIDE:
        return (*drawing, *_fitted(view, width))
    beside = zip_longest(drawing, _fitted(view, width - room), fillvalue=())
    return tuple((*line, Part(" " * (room - width_of(line))), *told) for line, told in beside)


def _fitted(view: BreakerView, width: int) -> Sequence[Line]:
    return [piece for line in _known(view) for piece in _folded(line, width)]


def _folded(line: Line, width: int) -> Sequence[Line]:
    if width_of(line) <= width:
        return (line,)
    whole = "".join(part.text for part in line).strip()
    return wrapped((Part(" "), Part(whole, line[0].tone)), width)


def machine(view: BreakerView) -> Sequence[Line]:
    """Its three states with what leads from one to the next; the one in which it is stands in bold lines."""
    rules = rules_of(view) or Breaker()
    here = view.forced.state if view.forced else view.state
    closed, opened, half = (_box(state, state == here, view.condition) for state in ("closed", "open", "half-open"))
    gap, back = " " * _FIRST, f" ◂{'─' * (_SECOND - 3)} "
    center = _BOX // 2 + 1
    across = _BOX + _FIRST + _BOX + _SECOND - 1
    return (
        _row(
            closed[0],
            Part(_evidence(view, rules).center(_FIRST)),
            opened[0],
            Part(_wait(view, rules).center(_SECOND)),
            half[0],
        ),
        _row(
            closed[1],
            Part(f" {'─' * (_FIRST - 3)}▸ ", "dim"),
            opened[1],
            Part(f" {'─' * (_SECOND - 3)}▸ ", "dim"),
            half[1],
        ),
        _row(closed[2], Part(gap), opened[2], Part(back, "dim"), half[2]),
        (
            Part(" " * center + "▴", "dim"),
            Part("a probe fails".rjust(across - _BOX + center), "dim"),
            Part("│".rjust(_BOX - center + 1), "dim"),
        ),
        _closing(view, rules, center, across),
    )


def _row(*parts: Part) -> Line:
    return (Part(" "), *parts)


def _box(state: str, here: bool, condition: str) -> tuple[Part, Part, Part]:  # noqa: FBT001 - two looks
    tone: Tone = CONDITIONS[condition][1] if here else "dim"
    glyph = CONDITIONS[state][0]
    a, line, b, side, c, _, d = _BORDERS[here]
    inner = _BOX - 2
    return (
        Part(a + line * inner + b, tone),
        Part(side + f"{glyph} {state}".center(inner) + side, tone),
        Part(c + line * inner + d, tone),
    )


def _evidence(view: BreakerView, rules: Breaker) -> str:
    """What leads from closed to open, and how far that is."""
    return (
        f"{count(view.in_a_row)} of {rules.opens_at} in a row"
        if view.state == "closed"
        else f"{rules.opens_at} in a row"
    )


def _wait(view: BreakerView, rules: Breaker) -> str:
    """What leads from open to half-open."""
    if view.half_open_in_ms is None:
        return f"after {duration(milliseconds(rules.stays_open))}"
    return f"in {age(view.half_open_in_ms)}" if view.half_open_in_ms else "the next job"


def _closing(view: BreakerView, rules: Breaker, center: int, across: int) -> Line:
    label = f" {rules.successes} that go well close it "
    if view.state == "half-open":
        label = f" {view.probes} of {rules.probes} probes out, {view.passed} of {rules.successes} went well "
    line = label.center(across, "─")
    return (Part(" " * center + "└", "dim"), Part(line, "dim"), Part("┘", "dim"))


def _known(view: BreakerView) -> Iterator[Line]:
    """Who forced it, what turned it, what it has seen."""
    if view.forced:
        yield _forced(view)
    if view.blocked_until_ms:
        yield (Part(f" it told us to wait until {moment(view.blocked_until_ms, view.at_ms)}", "bad"),)
    if view.last.at_ms:
        by = f", by {view.last.by}" if view.last.by else ""
        since = f" {view.state} since {moment(view.last.at_ms, view.at_ms)}"
        yield (Part(since), Part(f": {view.last.why}{by}" if view.last.why else by, "dim"))
    window = f"{view.faults:,} of {view.calls:,} calls failed in its window"
    yield (Part(f" {window}", "warn" if view.faults else "dim"),)
    figures = f" generation {view.generation:,} · trips {view.trips:,} · turned away {view.denied:,}"
    yield (Part(figures, "dim"),)
    yield (Part(f" {view.rules}", "dim"),)


def _forced(view: BreakerView) -> Line:
    forced = view.forced
    if forced is None:
        return ()
    until = f" until {moment(forced.until_ms, view.at_ms)}" if forced.until_ms else " until it is reset"
    why = f": {forced.reason}" if forced.reason else ""
    own = f"; itself it is {view.state}" if view.state != forced.state else ""
    return (Part(f" forced {forced.state} by {forced.by}{until}{why}", "warn"), Part(own, "dim"))


# ---------------------------------------------------------------------- a limit


def _of_limit(view: LimitView) -> Iterator[Line]:
    kind = "counted one by one" if view.exact else "spread evenly"
    yield (Part(f" {', '.join(view.rates)}"), Part(f"  {kind} · {view.denials:,} held so far", "dim"))
    for queue, rates in view.set_to.items():
        yield (Part(f" ≠ set to {rates} in {queue}", "warn"),)
    free = {one.key: one.free_ms for one in view.keys}
    for use in view.uses:
        who = pad(clip(use.key or "everybody", _KEY), _KEY)
        wait = f"  free in {age(free[use.key] - view.at_ms)}" if use.key in free else ""
        told = f"  {use.used:,} of {use.most:,}" + ("" if view.exact else " at once") + f", {use.rate}"
        yield (Part(f" {who} "), *drawn_bar(use.share, _USE), Part(told, "dim"), Part(wait, "warn"))
    shown = {use.key for use in view.uses}
    rest = view.limited - len(shown & free.keys())
    if rest > 0:
        yield (Part(f" and {rest:,} more key{'' if rest == 1 else 's'} that wait", "dim"),)
