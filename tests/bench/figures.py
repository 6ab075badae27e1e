"""One measurement beside what it should be."""

import msgspec


class Figure(msgspec.Struct):
    """One measurement and what it should be at most."""

    name: str
    value: float
    goal: float
    unit: str

    @property
    def is_far_off(self) -> bool:
        """Whether no noise explains it."""
        return self.value > 2 * self.goal

    def __str__(self) -> str:
        mark = "✓" if self.value <= self.goal else "✗" if self.is_far_off else "~"
        return f"{mark} {self.name:48} {self.value:9.2f} {self.unit:8} goal ≤ {self.goal:g}"
