"""Made-up people with numbers and addresses that are reserved for that: +1 … 555 01xx, and example.com."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

FIRST = (
    "Ada",
    "Ben",
    "Cleo",
    "Dara",
    "Emil",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "June",
    "Kai",
    "Lena",
    "Milo",
    "Nia",
    "Otis",
)
LAST = ("Archer", "Baker", "Cooper", "Dyer", "Fisher", "Glover", "Hunter", "Mason", "Miller", "Potter", "Sawyer")
CITIES = ("Boston", "Chicago", "Denver", "Portland", "Seattle")
AREAS = ("206", "212", "303", "312", "404", "415", "512", "602", "617", "702", "713", "718")
"""Area codes; in each a hundred numbers are reserved."""

IN_AREA = 100
LOST_NUMBER = "9"
"""What a number ends with that is not on WhatsApp."""

LOST_MAIL = "nobody."
"""What an address begins with that no provider takes."""

CONSENTING = 12
"""One in so many has agreed to nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of them, the same for the same number below 1200."""

    number: int

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{FIRST[self.number % len(FIRST)]} {LAST[self.number % len(LAST)]}"

    @property
    def phone(self) -> str:
        """In E.164."""
        return f"+1{AREAS[self.number // IN_AREA]}55501{self.number % IN_AREA:02}"

    @property
    def is_lost(self) -> bool:
        """Whether neither number nor address reaches anybody."""
        return self.phone.endswith(LOST_NUMBER)

    @property
    def email(self) -> str:
        """In lower case."""
        begin = LOST_MAIL if self.is_lost else ""
        return f"{begin}{self.name.replace(' ', '.').lower()}.{self.number}@example.com"

    @property
    def consents(self) -> bool:
        """Whether marketing may be sent."""
        return self.number % CONSENTING != 0

    @property
    def city(self) -> str:
        """Where the person lives."""
        return CITIES[self.number % len(CITIES)]


MAPPING = {"City": "fields.city"}
"""What a file's header has that is not known by its name."""


def file_of(people: Iterable[Person], tag: str, bad: int = 1) -> str:
    """A file of contacts as somebody exports it, with rows at its end that are of no use."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    rows.writerow(["Name", "Phone", "E-mail", "Consent", "Tags", "City"])
    for one in people:
        rows.writerow([one.name, one.phone, one.email, "yes" if one.consents else "no", tag, one.city])
    rows.writerows([["Nobody at all", "call me", "", "yes", tag, CITIES[0]]] * bad)
    return text.getvalue()
