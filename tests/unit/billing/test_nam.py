from datetime import date

import pytest

from arqlight_jobs.billing import nam

ON = date(2025, 6, 1)


@pytest.mark.parametrize("text", ["TEST54122816", "FOOO01010100", "FOOO01510100"])
def test_public_examples_are_valid(text: str) -> None:
    assert nam.is_well_formed(text)
    assert nam.birth_date(text, ON) is not None


def test_a_month_of_fifty_is_no_birth_date() -> None:
    assert nam.is_well_formed("FOOO01500100")
    assert nam.birth_date("FOOO01500100", ON) is None


@pytest.mark.parametrize("text", ["FOOOxxxxxxxx", "FOOOXXXXXXXX", "FOO001010100", "FOOO0101010", "FOOO010101000", ""])
def test_other_shapes_are_malformed(text: str) -> None:
    assert not nam.is_well_formed(text)


def test_spaces_accents_and_case_do_not_matter() -> None:
    assert nam.normalised(" éxea 5412 2816 ") == "EXEA54122816"


@pytest.mark.parametrize(
    ("digits", "on", "born"),
    [
        ("541228", ON, date(1954, 12, 28)),
        ("010101", ON, date(2001, 1, 1)),
        ("015101", ON, date(2001, 1, 1)),
        ("016201", ON, date(2001, 12, 1)),
        ("250601", ON, date(2025, 6, 1)),
        ("250602", ON, date(1925, 6, 2)),
        ("050101", date(2024, 6, 1), date(2005, 1, 1)),
        ("000229", ON, date(2000, 2, 29)),
        ("000229", date(1999, 1, 1), None),
        ("010229", ON, None),
        ("010631", ON, None),
        ("010001", ON, None),
        ("011301", ON, None),
        ("016301", ON, None),
        ("040101", date(2003, 12, 31), date(1904, 1, 1)),
        ("020101", date(2001, 12, 31), date(1902, 1, 1)),
    ],
)
def test_birth_date_takes_the_latest_century_that_fits(digits: str, on: date, born: date | None) -> None:
    assert nam.birth_date(f"EXEA{digits}10", on) == born


def test_nobody_is_older_than_120() -> None:
    assert nam.birth_date("EXEA04060110", date(2004, 5, 31)) == date(1904, 6, 1)
    assert nam.birth_date("EXEA99010110", date(2019, 1, 1)) == date(1999, 1, 1)
    assert nam.age(date(1904, 6, 1), date(2024, 5, 31)) == 119


@pytest.mark.parametrize(
    ("letters", "name"),
    [
        ("EXEA", "EXEMPLE, ALPHA"),
        ("EXEA", "Exemple Alpha"),
        ("EXEA", "Alpha Exemple"),
        ("ECHE", "Échantillon, Élan"),
        ("DEGH", "DE GRANDMODELE, HOTEL"),
        ("DEGH", "De Grandmodele Hotel"),
        ("COEJ", "Cœur-Factice, Jean-Essai"),
        ("OMOA", "O'Modele, Alpha"),
        ("LUXA", "Lu, Alpha"),
        ("EXEA", "Exemple"),
        ("EXEA", "Exemple,"),
    ],
)
def test_letters_fit_the_name(letters: str, name: str) -> None:
    assert nam.fits_name(f"{letters}54122816", name)


@pytest.mark.parametrize("name", ["FICTIF, ALPHA", "EXEMPLE, BRAVO", "Bravo Exemple", "Fictif"])
def test_other_names_do_not_fit(name: str) -> None:
    assert not nam.fits_name("EXEA54122816", name)
