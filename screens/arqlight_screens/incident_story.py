"""An incident's sections as lines: what was found, what was tried, how the site was, and the report."""

import re
from collections.abc import Iterator, Sequence

from arqlight_core.incidents import Fact, HealthLook, IncidentRow, IncidentView, SymptomSeen, Treated
from arqlight_screens.figures import age, bar, duration, moment, short_moment
from arqlight_screens.incident_columns import phase_of
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import GRADES, UNKNOWN, Tone

_BAR = 10
_LABEL = 12
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>#|!~])")

_OUTCOMES: dict[str, tuple[str, Tone]] = {
    "applied": ("●", "busy"),
    "passed": ("✓", "ok"),
    "failed": ("✗", "warn"),
    "broke off": ("✗", "warn"),
    "undone": ("↩", "warn"),
    "exhausted": ("↩", "warn"),
    "not undone": ("⊗", "bad"),
}
"""How far a playbook came."""


def standing(row: IncidentRow, now_ms: int) -> Line:
    """Where it is, since when, and what bounds it; of one that is over how it ended."""
    state = phase_of(row)[0]
    if row.is_over:
        took = f" after {duration(row.closed_ms - row.opened_ms)}, at {moment(row.closed_ms, now_ms)}: "
        return (Part(f" {state.text}", state.tone), Part(took), Part(row.closed_reason, "strong"))
    if row.given_up:
        return (Part(f" ‖ ends after {row.phase}: ", "warn"), Part(row.given_up))
    left = row.deadline_ms - now_ms
    told = (Part(f", {age(left)} until its deadline"),) if left > 0 else (Part(", ! its deadline has passed", "bad"),)
    return (Part(f" {state.text}", state.tone), Part(f" for {age(now_ms - row.moved_ms)}"), *told)


def facts(row: IncidentRow, now_ms: int) -> Line:
    """What it is, in a line."""
    fixes = "no fix begun" if not row.attempts else f"{row.attempts} fix{'' if row.attempts == 1 else 'es'} begun"
    opened = f"opened {short_moment(row.opened_ms, now_ms)} by {row.opened_by}"
    told = [f"{row.progress} %", fixes, f"{row.priority} priority", opened]
    again = (Part("  again, soon after a fix", "warn"),) if row.flap else ()
    about = Part(row.fingerprint or "not known yet", "strong" if row.fingerprint else "dim")
    return (Part(" "), about, *again, Part("  "), Part("  ".join(told), "dim"))


# ---------------------------------------------------------------------- what was found


def found(view: IncidentView, evidence: Sequence[Fact] | None) -> Iterator[Line]:
    """The symptoms by how sure they are, then the evidence; None while that is not read."""
    yield _heading("symptoms, the surest first")
    for one in view.symptoms:
        yield from _symptom(one)
    if not view.symptoms:
        yield _dim("nothing that is wrong was found yet")
    yield ()
    yield _heading("evidence of the newest look")
    if evidence is None:
        yield _dim("reading …")
    elif not evidence:
        yield _dim("none is at hand here: it lies in the data folder of the machine that heals")
    for fact in evidence or ():
        sign = Part("! ", "bad") if fact.bad else Part("  ")
        yield (sign, Part(f"{fact.about:<{_LABEL}} ", "dim"), Part(fact.text))


def _symptom(one: SymptomSeen) -> Iterator[Line]:
    done, rest = bar(one.confidence, _BAR)
    about = f" {one.component}" if one.component else ""
    sure = (Part(f"   {one.confidence:>4.0%} "), Part(done, "warn"), Part(rest, "dim"))
    yield (*sure, Part(f" {one.id}", "strong"), Part(about))
    yield from ((Part(" " * 20), Part(text, "dim")) for text in one.because)


# ---------------------------------------------------------------------- what was tried


def treated(view: IncidentView) -> Iterator[Line]:
    """Each playbook with its plan and what became of it, then those that are left."""
    yield _heading("playbooks tried")
    for number, one in enumerate(view.treated, 1):
        yield from _treatment(number, one)
    if not view.treated:
        yield _dim("none yet")
    yield ()
    yield _heading("left to try, best first")
    yield from ((Part("   "), Part(one)) for one in view.left)
    if not view.left:
        yield _dim("none")


def _treatment(number: int, one: Treated) -> Iterator[Line]:
    glyph, tone = _OUTCOMES.get(one.outcome, UNKNOWN)
    about = f" for {one.component}" if one.component else ""
    changes = f"{one.changes} change{'' if one.changes == 1 else 's'}{', a dry run' if one.dry_run else ''}"
    head = (Part(f" {number:>2} "), Part(f"{glyph} {one.outcome} ", tone), Part(f" {one.playbook} ", "strong"))
    yield (*head, Part(f"{one.name}{about}"), Part(f"  {changes}", "dim"))
    yield from ((Part("      · ", "dim"), Part(line)) for line in one.plan)
    yield from ((Part("      ▸ ", "dim"), Part(line, "dim")) for line in one.ended)


# ---------------------------------------------------------------------- how the site was


def health_lines(looks: Sequence[HealthLook] | None, width: int, now_ms: int) -> Iterator[Line]:
    """The looks as signs from left to right, then each with what was wrong, newest first."""
    if looks is None:
        yield from ((), _dim("reading …"))
        return
    if not looks:
        yield from ((), _dim("the site was not looked at yet: health checks look every five minutes"))
        return
    shown = list(reversed(looks[: max(1, width - 2)]))
    yield _heading(f"the newest {len(shown)} looks, the last one right")
    yield (Part(" "), *(_sign(look) for look in shown))
    yield ()
    for look in looks:
        yield _look(look, now_ms)


def _sign(look: HealthLook) -> Part:
    glyph, tone = GRADES.get(look.grade, UNKNOWN)
    return Part(glyph, tone)


def _look(look: HealthLook, now_ms: int) -> Line:
    glyph, tone = GRADES.get(look.grade, UNKNOWN)
    answer = f"{look.status or 'none':>4}" + (f" {look.ttfb_ms:>6.0f} ms" if look.status else " " * 10)
    what = "; ".join(look.remarks) or "all is well"
    at = Part(f" {short_moment(look.at_ms, now_ms):>11}  ", "dim")
    return (at, Part(f"{glyph} {look.grade:<8} ", tone), Part(f"{answer}  ", "dim"), Part(what))


# ---------------------------------------------------------------------- what a person is told


def report_lines(view: IncidentView, report: str | None) -> Iterator[Line]:
    """The report, as it is on file; what to do next of one whose file is not at hand."""
    if view.incident.phase != "ESCALATED":
        yield from ((), _dim("it was not escalated: a report is written when a person is needed"))
    elif report is None:
        yield from ((), _dim("reading …"))
    elif report:
        yield from (_report_line(line) for line in report.splitlines())
    elif view.next_steps:
        yield _heading("what to do next")
        yield from ((Part(f" {number}. "), Part(step)) for number, step in enumerate(view.next_steps, 1))
    else:
        yield from ((), _dim("no report is at hand here: it lies in the data folder of the machine that heals"))


def _report_line(line: str) -> Line:
    text = _ESCAPED.sub(r"\1", line)
    if text.startswith("#"):
        return (Part(f" {text.lstrip('# ')}", "busy"),)
    return (Part(" "), Part(text))


def _heading(text: str) -> Line:
    return (Part(f" {text}", "busy"),)


def _dim(text: str) -> Line:
    return (Part(f"   {text}", "dim"),)
