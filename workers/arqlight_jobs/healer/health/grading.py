"""From what was measured to how bad it is: each measurement against its bound, the worst of them counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class Grade(IntEnum):
    """How a target is; the higher, the worse."""

    GOOD = 0
    WARNING = 1
    CRITICAL = 2
    FAILED = 3
    """It does not do what it is there for."""

    @property
    def word(self) -> str:
        """As it is shown."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Bound:
    """From which value on a metric is bad; None: never so bad. `words` tell the value, with `{value}` in it."""

    metric: str
    words: str
    warning: float | None = None
    critical: float | None = None
    failed: float | None = None
    falling: bool = False
    """Small values are the bad ones."""
    at_once: bool = False
    """One bad look is enough: it does not pass by itself."""

    def grade(self, value: float) -> Grade:
        """How bad the value is; one that lies on a bound is as bad as those beyond."""
        for grade, bound in (
            (Grade.FAILED, self.failed),
            (Grade.CRITICAL, self.critical),
            (Grade.WARNING, self.warning),
        ):
            if bound is not None and (value <= bound if self.falling else value >= bound):
                return grade
        return Grade.GOOD


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement, of a part of the target where it has several: a disk, a queue, a worker."""

    metric: str
    value: float
    about: str = ""
    said: str = ""
    """What a number cannot say, in place of the bound's words."""

    @property
    def name(self) -> str:
        """Metric and part."""
        return f"{self.metric} {self.about}" if self.about else self.metric


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong, in words."""

    grade: Grade
    metric: str
    text: str
    at_once: bool = False


def remarks_on(readings: Iterable[Reading], bounds: Sequence[Bound]) -> tuple[Remark, ...]:
    """What is wrong with these readings, the worst first; those without a bound are only noted."""
    by_metric = {bound.metric: bound for bound in bounds}
    found = [_remark(reading, by_metric[reading.metric]) for reading in readings if reading.metric in by_metric]
    return tuple(sorted((one for one in found if one.grade), key=lambda one: -one.grade))


def worst(remarks: Iterable[Remark]) -> Grade:
    """The grade of the whole."""
    return max((remark.grade for remark in remarks), default=Grade.GOOD)


def metrics_of(readings: Iterable[Reading]) -> dict[str, float]:
    """The numbers as they are kept."""
    return {reading.name: round(reading.value, 3) for reading in readings}


def _remark(reading: Reading, bound: Bound) -> Remark:
    told = reading.said or bound.words.format(value=reading.value)
    text = f"{reading.about}: {told}" if reading.about else told
    return Remark(bound.grade(reading.value), reading.name, text, bound.at_once)
