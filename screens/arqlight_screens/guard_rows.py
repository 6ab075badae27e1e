"""The rows of breakers and limits, and their columns: how each stands, how full it is, when it lets more through."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.errors import UsageError
from arqlight_core.observe import BreakerView, LimitView, Use
from arqlight_core.policy import Breaker
from arqlight_core.policy.spelling import read_breaker
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, bar, count
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import UNKNOWN, Tone

CONDITIONS: dict[str, tuple[str, Tone]] = {
    "forced open": ("⊗", "bad"),
    "open": ("⊗", "bad"),
    "blocked": ("⊗", "bad"),
    "ready to try": ("◐", "warn"),
    "half-open": ("◐", "warn"),
    "forced closed": ("≠", "warn"),
    "limited": ("‖", "warn"),
    "full": ("‖", "warn"),
    "closed": ("○", "ok"),
    "free": ("○", "ok"),
    "off": ("-", "dim"),
}
"""What a breaker or a limit can be, the worst first."""

_RANK = {word: len(CONDITIONS) - rank for rank, word in enumerate(CONDITIONS)}
_BAR = 8
_FULL, _NEARLY = 1.0, 0.75


@dataclass(frozen=True, slots=True)
class Guard:
    """A breaker or a limit."""

    view: BreakerView | LimitView

    @property
    def kind(self) -> str:
        """Which it is: breaker (a queue's own), dependency or limit."""
        if isinstance(self.view, LimitView):
            return "limit"
        return "breaker" if self.view.kind == "queue" else self.view.kind

    @property
    def key(self) -> str:
        """What the cursor is bound to."""
        return f"{self.kind} {self.view.name}"

    @property
    def condition(self) -> str:
        """How it stands, in the words of CONDITIONS."""
        if isinstance(self.view, BreakerView):
            return self.view.condition
        used, most = self.fill
        return "limited" if self.view.limited else "full" if most and used >= most else "free"

    @property
    def fill(self) -> tuple[int, int]:
        """How near it is to turning jobs away: faults of those that open it, or what is used of the limit."""
        if isinstance(self.view, LimitView):
            fullest = next(iter(self.view.uses), Use("", "", 0, 0))
            return fullest.used, fullest.most
        rules = rules_of(self.view) if self.view.state == "closed" else None
        return (min(self.view.in_a_row, rules.opens_at), rules.opens_at) if rules else (0, 0)

    @property
    def free_ms(self) -> int | None:
        """How long until it lets a job through that it turns away now; None when it turns none away, or for good."""
        view = self.view
        if isinstance(view, LimitView):
            return max(0, view.keys[0].free_ms - view.at_ms) if view.keys else None
        forced = view.forced
        if forced and forced.state == "open":
            return forced.until_ms - view.at_ms if forced.until_ms else None
        return view.blocked_until_ms - view.at_ms if view.blocked_until_ms else view.half_open_in_ms

    @property
    def denied(self) -> int:
        """How many jobs it has turned away; of a queue's own breaker how often it has opened."""
        if isinstance(self.view, LimitView):
            return self.view.denials
        return self.view.denied if self.kind == "dependency" else self.view.trips


def rules_of(view: BreakerView) -> Breaker | None:
    """The rules that it goes by; None when it is off, or when nobody here can read them."""
    try:
        return read_breaker(view.rules, None)
    except UsageError:
        return None


def _condition(row: Guard, _now: int) -> Part:
    glyph, tone = CONDITIONS.get(row.condition, UNKNOWN)
    return Part(f"{glyph} {row.condition}", tone)


def _fill(row: Guard, _now: int) -> Line | Part:
    used, most = row.fill
    if not most:
        return Part(NOTHING, "dim")
    return (*drawn_bar(used / most, _BAR), Part(f" {count(used)}/{count(most)}", "plain" if used else "dim"))


def drawn_bar(part: float, width: int) -> Line:
    """A bar that warns when it is nearly full."""
    done, rest = bar(part, width)
    return (Part(done, "bad" if part >= _FULL else "warn" if part >= _NEARLY else "busy"), Part(rest, "dim"))


def _free(row: Guard, _now: int) -> Part:
    if row.free_ms is None:
        return Part(NOTHING, "dim")
    return Part(age(row.free_ms) if row.free_ms else "now", "warn")


def _denied(row: Guard, _now: int) -> Part:
    return Part(count(row.denied), "plain" if row.denied else "dim")


def _probes(row: Guard, _now: int) -> Part:
    out = row.view.probes if isinstance(row.view, BreakerView) else None
    return Part(NOTHING, "dim") if out is None else Part(str(out), "warn" if out else "dim")


def _window(row: Guard, _now: int) -> Part:
    if isinstance(row.view, LimitView) or not row.view.calls:
        return Part(NOTHING, "dim")
    return Part(f"{count(row.view.faults)}/{count(row.view.calls)}", "warn" if row.view.faults else "dim")


def _since(row: Guard, _now: int) -> Part:
    at = _turned(row)
    return Part(age(row.view.at_ms - at) if at else NOTHING, "plain" if at else "dim")


def _turned(row: Guard) -> int | None:
    return (row.view.last.at_ms or None) if isinstance(row.view, BreakerView) else None


def _age_of(row: Guard) -> int | None:
    at = _turned(row)
    return row.view.at_ms - at if at else None


def _why(row: Guard, _now: int) -> Part:
    """Who wants it so and why; else what turned it last, or the rates of a limit."""
    view = row.view
    if isinstance(view, LimitView):
        live = "; ".join(f"{rates} in {queue}" for queue, rates in view.set_to.items())
        return Part(f"{', '.join(view.rates)}" + (f"; set to {live}" if live else ""), "warn" if live else "dim")
    if view.forced:
        return Part(f"by {view.forced.by}" + (f": {view.forced.reason}" if view.forced.reason else ""), "warn")
    return Part(view.last.why, "dim")


def _queues(row: Guard, _now: int) -> Part:
    return Part(", ".join(row.view.queues), "dim")


COLUMNS: Sequence[Column[Guard]] = (
    Column("name", 26, lambda row, _: Part(row.view.name, "strong"), 1, 34, order=lambda row: row.view.name, ends=True),
    Column("kind", 10, lambda row, _: Part(row.kind, "dim"), 4, order=lambda row: row.kind),
    Column("state", 15, _condition, 1, order=lambda row: (_RANK[row.condition], row.denied)),
    Column("fill", 14, _fill, 1, order=lambda row: row.fill[0] / row.fill[1] if row.fill[1] else None),
    Column("next", 5, _free, 1, right=True, order=lambda row: row.free_ms),
    Column("denied", 6, _denied, 3, right=True, order=lambda row: row.denied or None),
    Column("window", 8, _window, 4, right=True),
    Column("probes", 6, _probes, 5, right=True),
    Column("since", 5, _since, 4, right=True, order=_age_of, at=_turned),
    Column("why", 18, _why, 3, 60),
    Column("of", 16, _queues, 6, 60, order=lambda row: ", ".join(row.view.queues)),
)
