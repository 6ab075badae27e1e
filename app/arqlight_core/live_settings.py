"""What of a queue's declaration an operator may change while it runs: the settings by name, each spelled as text.

A limit's rates are the setting `rate:<name of the limit>`, a job type's attempts `attempts:<name of the type>`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.policy import spelling, with_attempts

RATE, ATTEMPTS = "rate:", "attempts:"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a setting is read, over the value that stands where it is given in part, and how it is printed."""

    read: Callable[[str, Any], Any]
    spell: Callable[[Any], str]


_WHOLE = Spelling(lambda text, _: spelling.read_whole(text), str)
_RATES = Spelling(lambda text, _: spelling.read_rates(text), spelling.print_rates)

SPELLINGS: dict[str, Spelling] = {
    "concurrency": _WHOLE,
    "fleet_concurrency": Spelling(lambda text, _: spelling.read_bound(text), spelling.print_bound),
    "weight": _WHOLE,
    "breaker": Spelling(spelling.read_breaker, spelling.print_breaker),
    "retention": Spelling(spelling.read_retention, spelling.print_retention),
    "poison_after": _WHOLE,
}
"""By the name of the queue's attribute that holds the value."""


def declared_settings(queue: Any) -> dict[str, str]:
    """Every live setting of a declared queue, spelled."""
    told = {name: spelling.spell(getattr(queue, name)) for name, spelling in SPELLINGS.items()}
    told |= {f"{RATE}{limit.name}": _RATES.spell(limit.rates) for limit in queue.limits}
    return told | {f"{ATTEMPTS}{name}": str(job.retry.attempts) for name, job in queue.job_types.items()}


def completed(queue: str, setting: str, text: str, declared: Mapping[str, str]) -> str:
    """The whole spelling of what was typed, over the declared one. Raises UsageError on nonsense and unknown names."""
    if setting not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise UsageError(f"Queue {queue} has no live setting {setting}; it has: {known}.")
    spelled = _WHOLE if setting.startswith(ATTEMPTS) else SPELLINGS.get(setting, _RATES)
    standing = spelled.read(declared[setting], None)
    return spelled.spell(spelled.read(text, standing))


def values(settings: Mapping[str, str], declared: Callable[[str], Any]) -> dict[str, Any]:
    """Spelled settings as values of a queue's attributes; `declared` gives an attribute's own value.

    Rates become `limits`, attempts `terms`; those of what is not declared count for nothing. Raises UsageError.
    """
    told = {name: SPELLINGS[name].read(text, declared(name)) for name, text in settings.items() if name in SPELLINGS}
    rates, attempts = _named(RATE, settings), _named(ATTEMPTS, settings)
    if rates:
        told["limits"] = _limits(rates, declared("limits"))
    if attempts:
        told["terms"] = _terms(attempts, declared("terms"))
    return told


def _named(prefix: str, settings: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(prefix): text for name, text in settings.items() if name.startswith(prefix)}


def _terms(attempts: Mapping[str, str], declared: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: replace(terms, retry=with_attempts(terms.retry, spelling.read_whole(attempts[name])))
        if name in attempts
        else terms
        for name, terms in declared.items()
    }


def _limits(rates: Mapping[str, str], declared: Any) -> tuple[Any, ...]:
    return tuple(
        replace(limit, rates=spelling.read_rates(rates[limit.name])) if limit.name in rates else limit
        for limit in declared
    )
