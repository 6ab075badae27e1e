"""The NAM, the number on a Québec health insurance card: four letters of the name, birth date with sex, two digits.

No check digit is public, so none is verified (the last two digits are an administrative code).
"""

import re
from datetime import date

from arqlight_jobs.tabular.layout import plain

FEMALE_MONTHS = 50
"""Added to the month of birth of women."""

OLDEST = 120
"""No one older is plausible; decides which century a two-digit year means."""

LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE"})

_NAM = re.compile(r"[A-Z]{4}[0-9]{8}")
_NOT_LETTER = re.compile(r"[^A-Z ]")


def normalised(text: str) -> str:
    """A NAM as it would be printed without its spaces: capitals, no accents."""
    return plain("".join(text.split())).upper()


def is_well_formed(nam: str) -> bool:
    """Whether a normalised NAM is four letters and eight digits."""
    return _NAM.fullmatch(nam) is not None


def birth_date(nam: str, on: date) -> date | None:
    """The birth date in a well-formed NAM, in the latest century that fits the day `on`; None when no day fits."""
    month = int(nam[6:8])
    month -= FEMALE_MONTHS if month > FEMALE_MONTHS else 0
    for century in range(on.year // 100, on.year // 100 - 3, -1):
        born = _real_day(century * 100 + int(nam[4:6]), month, int(nam[8:10]))
        if born is not None and born <= on and age(born, on) <= OLDEST:
            return born
    return None


def age(born: date, on: date) -> int:
    """Completed years of life on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def fits_name(nam: str, name: str) -> bool:
    """Whether the letters are three of the surname and one of the given name, in whichever order the name is written.

    Short surnames are filled with X. A name of one word is held against the surname's letters alone.
    """
    capitals = plain(name.upper().translate(LIGATURES))
    surname, comma, given = capitals.partition(",")
    words = capitals.split()
    if comma or len(words) == 1:
        return nam.startswith(_letters(surname.split(), given.split()))
    halves = ((words[:cut], words[cut:]) for cut in range(1, len(words)))
    return any(nam[:4] in {_letters(left, right), _letters(right, left)} for left, right in halves)


def _letters(surname: list[str], given: list[str]) -> str:
    first = _NOT_LETTER.sub("", "".join(surname))[:3].ljust(3, "X")
    return first + _NOT_LETTER.sub("", "".join(given))[:1]


def _real_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
