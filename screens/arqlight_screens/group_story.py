"""One group of failures as lines: what it is, since when, whom it meets, and how the newest of its jobs failed."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from arqlight_core.jobs import Failure
from arqlight_core.observe import FailureGroup, JobView
from arqlight_screens.drawn import fitted
from arqlight_screens.figures import age, bar, share, short_moment, sparkline
from arqlight_screens.lines import Line, Part
from arqlight_screens.text import pad
from arqlight_screens.tracebacks import traceback_lines

_NAMES, _BAR, _SHARE = 6, 8, 4
_ABREAST = ((150, 4), (76, 2), (0, 1))
"""From which width on how many blocks of names stand beside each other."""


def group_story(group: FailureGroup, sample: JobView | None, width: int) -> list[Line]:
    """All that is known of the group, in lines of this width."""
    return [*_facts(group), (), *_spreads(group, width), *_sample(group, sample)]


def _facts(group: FailureGroup) -> Iterator[Line]:
    yield (Part(f" ✗ {group.error}", "bad"), Part(f": {group.pattern}" if group.pattern else "", "strong"))
    where = f"in {group.frame}" if group.frame else "it never got to the job's own code"
    yield (Part(f"   {where}"), Part(f"  {group.fingerprint}", "dim"))
    ended = f", {group.dead:,} ended a job" if group.dead else ", none ended a job"
    now = group.at_ms
    first = f"  first {short_moment(group.first_ms, now)}, {age(now - group.first_ms)} ago"
    seen = f"{first}; last {age(now - group.last_ms)} ago"
    new = Part("  new", "warn") if group.is_new else Part("")
    yield (Part(f"   {group.count:,} failures", "strong"), Part(ended), Part(seen, "dim"), new)
    yield (Part("   48 hours ", "dim"), Part(sparkline(group.trend, len(group.trend)), "warn"), Part(" now", "dim"))


def _spreads(group: FailureGroup, width: int) -> Iterator[Line]:
    """Whom it meets, in blocks beside each other."""
    told = {"queues": group.queues, "job types": group.job_types, "tenants": group.tenants, "workers": group.workers}
    abreast = next(blocks for least, blocks in _ABREAST if width >= least)
    blocks = [_block(name, names, width // abreast) for name, names in told.items() if names]
    for at in range(0, len(blocks), abreast):
        for row in zip_longest(*blocks[at : at + abreast], fillvalue=()):
            yield tuple(part for cell in row for part in fitted(cell, width // abreast))


def _block(title: str, names: dict[str, int], width: int) -> list[Line]:
    total, shown = sum(names.values()), list(names.items())[:_NAMES]
    more = (Part(f"   … {len(names) - _NAMES} more", "dim"),)
    lines = [(Part(f"   {title}", "busy"),), *(_name(name, number, total, width) for name, number in shown)]
    return [*lines, more] if len(names) > _NAMES else lines


def _name(name: str, number: int, total: int, width: int) -> Line:
    done, rest = bar(number / total if total else 0, _BAR)
    room = max(6, width - _BAR - _SHARE - 6)
    told = Part(f"   {pad(name or 'others', room)} ")
    return (told, Part(done, "bad"), Part(rest, "dim"), Part(f"{share(number / total if total else 0):>{_SHARE + 1}}"))


def _sample(group: FailureGroup, sample: JobView | None) -> Iterator[Line]:
    yield ()
    failure = _of_group(group, sample.failures) if sample else None
    if sample is None or failure is None:
        yield (Part(f"   Of its newest job nothing is kept any more: {group.sample_job}", "dim"),)
        return
    yield (
        Part("   newest job ", "busy"),
        Part(sample.id),
        Part(f"  attempt {failure.attempt} on {failure.worker}", "dim"),
    )
    yield (Part("   "), Part(f"{failure.error}: {failure.message}", "bad"))
    yield from traceback_lines(failure.traceback)


def _of_group(group: FailureGroup, failures: Sequence[Failure]) -> Failure | None:
    """The last of a job's failures that belongs to the group, else its last."""
    own = [failure for failure in failures if failure.fingerprint.id == group.fingerprint]
    return next(iter((*reversed(own), *reversed(failures))), None)
