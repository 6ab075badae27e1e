"""What the doctor finds, as lines: what is wrong, and what to do about it."""

from collections.abc import Iterable

from arqlight_core.observe import Finding, FleetView
from arqlight_core.observe.doctor import of_workers
from arqlight_screens.lines import Line, Part


def gravest(view: FleetView, about: str = "") -> Line:
    """The first thing that is wrong with the workers, or with one of them."""
    return first_wrong(one for one in of_workers(view) if about in ("", one.about))


def first_wrong(findings: Iterable[Finding]) -> Line:
    """The first that is wrong with its remedy, and how many more are; nothing where nothing is."""
    wrong = [one for one in findings if one.wrong]
    if not wrong:
        return ()
    more = f"  +{len(wrong) - 1} more" if len(wrong) > 1 else ""
    return (Part(f" ✗ {told(wrong[0])}", "bad"), Part(f"  {wrong[0].remedy}", "strong"), Part(more, "dim"))


def told(finding: Finding) -> str:
    """What was found; behind what was looked at, where the words do not say it."""
    return finding.found if finding.about else f"{finding.check}: {finding.found}"
