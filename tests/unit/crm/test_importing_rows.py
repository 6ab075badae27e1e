"""Rows of files as contacts: one form for each number and address, and a reason for whatever is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_jobs.crm.addresses import mail_address, phone_number
from arqlight_jobs.crm.importing_fields import ADDRESSES, MOST_COLUMNS, NAMES, Layout, checked, layout_of, located
from arqlight_jobs.crm.importing_rows import LONGEST_NAME, MOST_TAGS, WORDS, Reason, Reject, Row, read
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.formulas import guarded, unguarded

FIELDS = ("phone", "email", "name", "first_name", "last_name", "consent", "tags", "fields.city")
LAYOUT = Layout(",", len(FIELDS), {field: at for at, field in enumerate(FIELDS)})


def of(**cells: str) -> Row | Reject:
    return read(1, [cells.get(field.replace(".", "_"), "") for field in FIELDS], LAYOUT, "CA")


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("514 555-0123", "CA", "+15145550123"),
        ("(514) 555-0123", "CA", "+15145550123"),
        ("+1 514.555.0123", "DE", "+15145550123"),
        ("0015145550123", "DE", "+15145550123"),
        ("tel:+49 30 901820", "CA", "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("'+15145550123", "CA", None),
        ("5550123", "CA", None),
        ("1-800-FLOWERS", "CA", None),
        ("5,145550123E+09", "CA", None),
        ("+999 123456789", "CA", None),
        ("514 555-0123 ext. 5", "CA", None),
        ("1" * 41, "CA", None),
        ("٥١٤٥٥٥٠١٢٣", "CA", "+15145550123"),
        ("", "CA", None),
        ("514 555-0123", "", None),
    ],
)
def test_numbers_in_one_form(text: str, region: str, number: str | None) -> None:
    assert phone_number(text, region) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ann.Quimby@Example.COM", "ann.quimby@example.com"),
        ("ann+tag@mail.example.co.uk", "ann+tag@mail.example.co.uk"),
        ("josé@exámple.ca", "josé@exámple.ca"),
        ("ann", None),
        ("ann@localhost", None),
        ("a@b@example.com", None),
        ("ann @example.com", None),
        ("ann@example..com", None),
        ("ann@example.com, bob@example.com", None),
        ("Ann <ann@example.com>", None),
        ("ann@example.com\r\nBcc: x@y.z", None),
        ("a" * 65 + "@example.com", None),
        ("a@" + "b" * 250 + ".com", None),
    ],
)
def test_addresses_in_one_form(text: str, address: str | None) -> None:
    assert mail_address(text) == address


def test_a_whole_row() -> None:
    row = of(
        phone=" 514 555-0123 ",
        email="Ann@Example.com",
        first_name="Ann ",
        last_name="\tQuimby",
        consent="Oui",
        tags="VIP, press;VIP|",
        fields_city="Montréal",
    )
    assert row == Row(
        number=1,
        phone="+15145550123",
        email="ann@example.com",
        name="Ann Quimby",
        consent=True,
        tags=("VIP", "press"),
        fields={"city": "Montréal"},
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name": "Ann"}, Reason.NO_ADDRESS),
        ({"phone": "call me", "email": "ann@example.com"}, Reason.BAD_PHONE),
        ({"phone": "514 555-0123", "email": "nope"}, Reason.BAD_EMAIL),
        ({"email": "ann@example.com", "consent": "perhaps"}, Reason.BAD_CONSENT),
    ],
)
def test_why_a_row_is_none(cells: dict[str, str], reason: Reason) -> None:
    assert of(**cells) == Reject(1, reason)


def test_what_a_row_has_too_much_or_too_little() -> None:
    cells = ["", "ann@example.com", "Ann", "", "", "", "", ""]
    assert isinstance(read(1, cells[:2], LAYOUT, "CA"), Row)
    assert isinstance(read(1, [*cells, " ", ""], LAYOUT, "CA"), Row)
    assert read(1, [*cells, "x"], LAYOUT, "CA") == Reject(1, Reason.TOO_MANY_CELLS)


def test_what_is_long_is_cut_and_what_is_blank_says_nothing() -> None:
    row = of(email="ann@example.com", name="x" * 500, tags=",".join(map(str, range(99))), fields_city="y" * 900)
    assert isinstance(row, Row)
    assert (len(row.name), len(row.tags), len(row.fields["city"])) == (LONGEST_NAME, MOST_TAGS, 500)
    assert of(email="ann@example.com") == Row(number=1, email="ann@example.com")


def test_the_name_is_one_column_or_two() -> None:
    for cells in ({"name": "Ann Quimby"}, {"first_name": "Ann", "last_name": "Quimby"}, {"last_name": "Ann Quimby"}):
        row = of(email="ann@example.com", **cells)
        assert isinstance(row, Row)
        assert row.name == "Ann Quimby"


cell = st.text(max_size=60) | st.sampled_from(["514 555-0123", "ann@example.com", "yes", "=cmd|' /C calc'!A0", "\x00"])


@given(cells=st.lists(cell, max_size=10), region=st.sampled_from(["CA", "DE", "FR", "CN", ""]))
def test_whatever_stands_in_cells_is_a_contact_or_a_reason(cells: list[str], region: str) -> None:
    row = read(7, cells, LAYOUT, region)
    assert row.number == 7
    if isinstance(row, Row):
        assert row.phone or row.email
        assert row.phone is None or (row.phone[0] == "+" and row.phone[1:].isascii() and row.phone[1:].isdigit())
        assert row.phone is None or len(row.phone) <= 16
        assert row.email is None or (row.email == row.email.lower() and len(row.email.encode()) <= 254)
        assert all(text == text.strip() and "\n" not in text and "\0" not in text for text in (row.name, *row.tags))


@given(cells=st.lists(cell, min_size=8, max_size=8))
def test_a_row_that_was_taken_in_reads_the_same_again(cells: list[str]) -> None:
    row = read(1, cells, LAYOUT, "CA")
    if isinstance(row, Row):
        consent = {True: "yes", False: "no", None: ""}[row.consent]
        told = [
            row.phone or "",
            row.email or "",
            row.name,
            "",
            "",
            consent,
            ",".join(row.tags),
            row.fields.get("city", ""),
        ]
        again = read(1, [guarded(one) for one in told], LAYOUT, "DE")
        assert isinstance(again, Row)
        assert (again.phone, again.email, again.consent) == (row.phone, row.email, row.consent)


@given(text=st.text(max_size=30))
def test_a_guarded_cell_is_text_and_comes_back(text: str) -> None:
    shown = guarded(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    if not text.startswith("'"):
        assert unguarded(shown) == text


# ------------------------------------------------------------------ which column is what


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["Name", "Phone Number", "E-Mail"], {"name": 0, "phone": 1, "email": 2}),
        (["Prénom", "NOM", "Téléphone", "Courriel"], {"first_name": 0, "last_name": 1, "phone": 2, "email": 3}),
        (["Vorname", "Nachname", "Handy", "E-Mail-Adresse"], {"first_name": 0, "last_name": 1, "phone": 2, "email": 3}),
        (
            ["Nombre", "Apellidos", "Móvil", "Correo electrónico"],
            {"first_name": 0, "last_name": 1, "phone": 2, "email": 3},
        ),
        (["Имя", "Телефон", "Эл. почта", "Согласие"], {"first_name": 0, "phone": 1, "email": 2, "consent": 3}),
        (["姓名", "手机", "邮箱"], {"name": 0, "phone": 1, "email": 2}),
        (["이름", "전화번호"], {"name": 0, "phone": 1}),
        (["Given Name", "E-mail 1 - Value", "Phone 1 - Value"], {"first_name": 0, "email": 1, "phone": 2}),
        (["phone", "Phone", "mobile"], {"phone": 0}),
        (["", " ", "total"], {}),
    ],
)
def test_columns_are_known_by_the_names_people_use(header: list[str], found: dict[str, int]) -> None:
    assert located(header, {}) == found


def test_no_name_means_two_things() -> None:
    names = [name for known in NAMES.values() for name in known]
    assert len(names) == len(set(names))


def test_a_consent_is_a_yes_or_a_no_in_one_language_at_least() -> None:
    assert {WORDS[word] for word in ("yes", "oui", "да", "1")} == {True}
    assert {WORDS[word] for word in ("no", "nein", "нет", "0")} == {False}
    assert "" not in WORDS


def test_a_mapping_comes_before_the_names() -> None:
    mapping = checked({"Work": "phone", "City": "fields.city", "email": "-"})
    assert located(["phone", "WORK", "city", "email"], mapping) == {"phone": 1, "fields.city": 2}


@pytest.mark.parametrize(
    "mapping",
    [{"a": "telephone"}, {" ": "phone"}, {"a": "phone", "b": "phone"}, {"a": "fields."}, {"a": f"fields.{'x' * 65}"}],
)
def test_a_mapping_to_what_is_no_field_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        checked(mapping)


@pytest.mark.parametrize(
    ("lines", "mapping", "fault"),
    [
        (["name,city\n", "Ann,Rome\n"], {}, Fault.MISSING_COLUMN),
        ([], {}, Fault.MISSING_COLUMN),
        (["5145550123\n"], {}, Fault.MISSING_COLUMN),
        (["phone,city\n"], {"Town": "fields.town"}, Fault.MISSING_COLUMN),
        ([",".join(["phone", *map(str, range(10_000))]) + "\n"], {}, Fault.TOO_LARGE),
    ],
)
def test_a_header_that_is_of_no_use(lines: list[str], mapping: dict[str, str], fault: Fault) -> None:
    with pytest.raises(FileUnusable) as problem:
        layout_of(lines, mapping)
    assert problem.value.fault is fault


def test_most_columns_are_allowed() -> None:
    lines = [";".join(["phone", *map(str, range(MOST_COLUMNS - 1))]) + "\n"]
    assert (layout_of(lines, {}).width, layout_of(lines, {}).delimiter) == (MOST_COLUMNS, ";")
    assert ADDRESSES == ("phone", "email")
