"""Amounts, code lists and limits of the fee agreement, as settings with a date.

SAMPLE comes from the notes of the product this validation was modelled on and from invented codes (those that begin
with 99): it shows the form and is no truth. Set your own in `<data folder>/billing/tariff.json`.
"""

from datetime import date
from enum import StrEnum

import msgspec

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings


class Window(StrEnum):
    """When a code may be billed that is not for regular hours."""

    EVENING = "evening"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class OfficeFee(msgspec.Struct, frozen=True):
    """A daily office fee: its value in cents, and the paid patients of one kind that a day needs for it."""

    cents: int
    registered: int
    walk_in: int


class Tariff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One state of the agreement. Amounts in cents, durations in minutes, times of day in minutes after midnight."""

    as_of: date
    late_after_days: int = 90
    max_cents: int = 1_000_000
    known_codes: frozenset[str] = frozenset()
    """The reference list of codes; empty means none is loaded and any code is accepted."""

    duration_codes: frozenset[str] = frozenset()
    fixed_minutes: dict[str, int] = {}
    """Interventions that count a fixed time; those in `measured_codes` count their units as minutes."""
    measured_codes: frozenset[str] = frozenset()
    daily_minutes: int = 180
    minutes_exempt: frozenset[str] = frozenset()

    office_fees: dict[str, OfficeFee] = {}
    office_daily_cents: int = 0
    office_place_prefix: str = "5"
    walk_in: frozenset[str] = frozenset()

    annual_codes: frozenset[str] = frozenset()
    enrolment_code: str = ""
    enrolment_cents: int = 0
    enrolment_exempt: frozenset[str] = frozenset()
    gmf_places: frozenset[str] = frozenset()
    """Places that are family medicine groups; empty turns the hint at missed enrolment fees off."""
    visit_codes: frozenset[str] = frozenset()

    exclusive: tuple[frozenset[str], ...] = ()
    """Codes of one set are not billed together for a patient on a day."""
    ages: dict[str, tuple[int, int]] = {}
    windows: dict[str, frozenset[Window]] = {}
    regular_hours: tuple[int, int] = (8 * 60, 18 * 60)
    holidays: frozenset[date] = frozenset()


class Basis(msgspec.Struct, frozen=True):
    """What rows are judged by: the day the file was handed in, and the tariff."""

    today: date
    tariff: Tariff


SAMPLE = Tariff(
    as_of=date(2025, 1, 6),
    duration_codes=frozenset({"8859"}),
    fixed_minutes={"8857": 30},
    measured_codes=frozenset({"8859"}),
    minutes_exempt=frozenset({"ICEP", "ICSM", "ICTOX"}),
    office_fees={"19928": OfficeFee(3240, 6, 10), "19929": OfficeFee(6480, 12, 20)},
    office_daily_cents=6480,
    walk_in=frozenset({"G160", "AR"}),
    annual_codes=frozenset({"15815"}),
    enrolment_code="8875",
    enrolment_cents=935,
    enrolment_exempt=frozenset({"MTA13", "GMFU", "GAP", "G160", "AR"}),
    visit_codes=frozenset({"8857", "8859", "15774", "15822"}),
    exclusive=(frozenset({"99101", "99102"}),),
    ages={"99201": (0, 5), "99202": (80, 120)},
    windows={
        "99301": frozenset({Window.EVENING, Window.WEEKEND, Window.HOLIDAY}),
        "99302": frozenset({Window.WEEKEND, Window.HOLIDAY}),
        "99303": frozenset({Window.HOLIDAY}),
    },
    holidays=frozenset({date(2024, 12, 25), date(2025, 1, 1), date(2025, 6, 24), date(2025, 7, 1), date(2025, 12, 25)}),
)


def load(settings: Settings) -> Tariff:
    """The tariff in the data folder, or the sample. Raises UsageError naming the field that does not fit."""
    path = settings.data_dir / "billing" / "tariff.json"
    if not path.exists():
        return SAMPLE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Tariff)
    except msgspec.DecodeError as problem:
        raise UsageError(f"The tariff in {path.name} does not fit: {problem}; correct the file or remove it.") from None
