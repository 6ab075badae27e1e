"""What is done about a look at a target, in the light of the looks before it: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from arqlight_jobs.healer.health.grading import Grade, Remark

IN_A_ROW = 3
"""Bad looks that it takes before somebody is told, or an incident is opened."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a target. `told`: somebody knows that it is bad."""

    slot: int
    """The five minutes that it was made in."""
    at: datetime
    grade: Grade
    remarks: tuple[Remark, ...] = ()
    told: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it is worth an alert when it stays so."""
        return self.grade >= Grade.CRITICAL


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a look."""

    alert: bool
    """It has been bad for long enough, and nobody was told."""
    recovered: bool
    """It is well again, and somebody was told that it was not."""
    incident: bool
    """It has failed for long enough to be healed."""
    told: bool
    """Somebody knows that it is bad."""


def decided(look: Look, before: Sequence[Look]) -> Decision:
    """What follows from this look; `before` are those before it, newest first."""
    bad_before = list(takewhile(lambda one: one.is_bad, before))
    was_told = any(one.told for one in bad_before)
    failed = [*takewhile(lambda one: one.grade is Grade.FAILED, [look, *before])]
    is_due = look.is_bad and _is_enough(look, len(bad_before) + 1, Grade.CRITICAL)
    return Decision(
        alert=is_due and not was_told,
        recovered=was_told and not look.is_bad,
        incident=bool(failed) and _is_enough(look, len(failed), Grade.FAILED),
        told=look.is_bad and (is_due or was_told),
    )


def _is_enough(look: Look, in_a_row: int, grade: Grade) -> bool:
    return in_a_row >= IN_A_ROW or any(one.at_once and one.grade >= grade for one in look.remarks)
