"""One campaign in lines: where it is, its recipients by state as a bar, and how many were tried over time."""

from collections.abc import Iterator, Sequence

import msgspec

from arqlight_core.campaigns import CampaignRow, CampaignView, Recipients
from arqlight_screens.campaign_columns import spoken_rate, state_of
from arqlight_screens.figures import age, count, duration, moment, share, short_moment
from arqlight_screens.lines import Line, Part, width_of
from arqlight_screens.plotting import bands, top_of
from arqlight_screens.tones import RECIPIENTS

_AXIS = 7
"""Cells at the left of the chart for its numbers."""
_ROWS = 8
_FIGURES = 16
"""Cells beside the bar of recipients for what it comes to."""


def standing(row: CampaignRow, now_ms: int) -> Line:
    """Where it is and why, and when it will have ended."""
    state = state_of(row)
    head = Part(f" {state.text}", state.tone)
    if row.is_over:
        took = f" after {duration(row.ended_ms - row.started_ms)}" if row.started_ms else ""
        told = f"{took}, at {moment(row.ended_ms, now_ms)}" if row.ended_ms else took
        return (head, Part(told), *_because(row))
    if row.state == "draft":
        return (head, Part(f" since {moment(row.created_ms, now_ms)}"), Part("  r starts it", "strong"))
    if row.state != "running":
        return (head, *_because(row), Part("  p resumes", "strong"))
    speed = f", {spoken_rate(row.per_minute)} a minute" if row.per_minute else ""
    ends = f", {duration(row.eta_ms)} to go" if row.eta_ms is not None else ""
    return (head, Part(f" for {age(now_ms - row.started_ms)}"), Part(f"{speed}{ends}", "strong"), *_because(row))


def _because(row: CampaignRow) -> Line:
    return (Part(": "), Part(row.reason, "strong")) if row.reason else ()


def facts(row: CampaignRow, now_ms: int) -> Line:
    """What it is, in a line."""
    told = [f"tenant {row.tenant}", *([f"from {row.sender}"] if row.sender else []), f"content {row.content}"]
    begun = f"started {short_moment(row.started_ms, now_ms)}" if row.started_ms else "not started"
    return (Part(f" {row.name}", "strong"), Part(f"  {row.channel}"), Part(f"  {'  '.join((*told, begun))}", "dim"))


# ---------------------------------------------------------------------- recipients


def by_state(recipients: Recipients) -> dict[str, int]:
    """How many are in each state that has any, in the order of the bar."""
    told: dict[str, int] = msgspec.structs.asdict(recipients)
    return {state: told[state] for state in RECIPIENTS if told[state]}


def recipients_bar(recipients: Recipients, width: int) -> Line:
    """All recipients in `width` cells, each state by its own sign; whoever is there is seen."""
    cells = _shares(by_state(recipients), width)
    return tuple(Part(RECIPIENTS[state][0] * many, RECIPIENTS[state][1]) for state, many in cells.items())


def _shares(told: dict[str, int], width: int) -> dict[str, int]:
    """Cells for each of them, at least one; what that takes, the largest gives."""
    whole = sum(told.values())
    if not whole or width < len(told):
        return {}
    cells = {state: max(1, many * width // whole) for state, many in told.items()}
    while over := sum(cells.values()) - width:
        largest = max(cells, key=lambda state: cells[state])
        cells[largest] -= 1 if over > 0 else over
    return cells


def legend(recipients: Recipients, width: int) -> Iterator[Line]:
    """What the signs of the bar are, with numbers, in as many lines as that takes."""
    line: Line = ()
    for state, many in by_state(recipients).items():
        sign, tone = RECIPIENTS[state]
        pair = (Part(f" {sign}", tone), Part(f" {count(many)} {state} "))
        if line and width_of((*line, *pair)) > width:
            yield line
            line = ()
        line = (*line, *pair)
    yield line or (Part(" nobody is written down for it yet: that is done when it starts", "dim"),)


def head(view: CampaignView, width: int, now_ms: int) -> Sequence[Line]:
    """What stands above the sections."""
    row = view.campaign
    told = f" {share(row.share)} of {count(max(row.total, row.recipients.total))}"
    inside = recipients_bar(row.recipients, width - _FIGURES)
    bar = ((*((Part(" "), *inside)), Part(told, "strong")),) if inside else ()
    return (facts(row, now_ms), *bar, *legend(row.recipients, width))


# ---------------------------------------------------------------------- its pace


def pace(view: CampaignView, width: int) -> Iterator[Line]:
    """How many it has tried in each minute of the last hour, the newest right."""
    values = view.past_hour
    yield (
        Part(" recipients tried a minute, over the last hour", "busy"),
        Part(f"  now {spoken_rate(view.campaign.per_minute)}"),
    )
    if not any(values):
        yield (Part("   none in the last hour", "dim"),)
        return
    top = top_of([values])
    rows = bands([values], top, max(1, width - _AXIS - 1), _ROWS)
    for place, runs in enumerate(rows):
        told = {0: count(top), _ROWS // 2: count(top / 2), _ROWS - 1: "0"}.get(place, "")
        yield (Part(f"{told:>{_AXIS - 2}} ▕", "dim"), *(Part(text, "ok") for text, _ in runs))
    yield (Part(f"{' ' * _AXIS}an hour ago{'now':>{max(4, width - _AXIS - 12)}}", "dim"),)
