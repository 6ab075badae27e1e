"""A queue's live settings: what is declared, what counts now, and who wanted it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from arqlight_core.store.scripts import Override


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting, spelled as text. Without an override `by` is empty; `until_ms` 0 is until it is reset."""

    name: str
    declared: str
    effective: str
    by: str = ""
    reason: str = ""
    at_ms: int = 0
    until_ms: int = 0

    @property
    def overridden(self) -> bool:
        """Whether an operator's value counts instead of the declared one."""
        return bool(self.at_ms)


def breaker_rules(told: Mapping[str, Any], standing: Mapping[str, Override]) -> str:
    """The rules that a queue's own breaker goes by now; '' or `none` where the queue has none."""
    return standing["breaker"].value if "breaker" in standing else told.get("breaker", "")


def settings_of(told: Mapping[str, Any], standing: Mapping[str, Override]) -> tuple[SettingView, ...]:
    """Every live setting of a published declaration, beside the overrides that stand."""
    declared: Mapping[str, str] = told.get("settings", {})
    return tuple(_setting(name, text, standing.get(name)) for name, text in declared.items())


@lru_cache(maxsize=2048)  # of 28 queues' settings hardly one changes between two looks
def _setting(name: str, declared: str, override: Override | None) -> SettingView:
    if override is None:
        return SettingView(name, declared, declared)
    who = (override.by, override.reason, override.at_ms, override.until_ms)
    return SettingView(name, declared, override.value, *who)
