"""Made-up people can be written to as real ones are, and are nobody."""

import csv
import io
import re

import phonenumbers

from arqlight.demo.people import AREAS, IN_AREA, LOST_MAIL, LOST_NUMBER, MAPPING, Person, file_of
from arqlight_jobs.crm.addresses import mail_address, phone_number
from arqlight_jobs.crm.importing_fields import located

EVERYBODY = [Person(number) for number in range(len(AREAS) * IN_AREA)]


def test_every_number_and_address_is_reserved_and_of_one_person() -> None:
    for one in EVERYBODY:
        assert re.fullmatch(r"\+1\d{3}55501\d\d", one.phone)
        assert phonenumbers.is_valid_number(phonenumbers.parse(one.phone))
        assert one.email.endswith("@example.com")
    assert len({one.phone for one in EVERYBODY}) == len({one.email for one in EVERYBODY}) == len(EVERYBODY)


def test_they_are_kept_as_they_are_written() -> None:
    for one in EVERYBODY[:IN_AREA]:
        assert (phone_number(one.phone, "US"), mail_address(one.email)) == (one.phone, one.email)


def test_who_is_lost_is_lost_over_every_channel_and_most_are_not() -> None:
    for one in EVERYBODY:
        assert one.is_lost == one.phone.endswith(LOST_NUMBER) == one.email.startswith(LOST_MAIL)
    assert sum(one.is_lost for one in EVERYBODY) == len(EVERYBODY) // 10


def test_a_file_of_them_is_understood_and_has_one_row_that_is_of_no_use() -> None:
    header, *rows = list(csv.reader(io.StringIO(file_of(EVERYBODY[:3], "customer"), newline=""), delimiter=";"))
    assert set(located(header, MAPPING)) == {"name", "phone", "email", "consent", "tags", "fields.city"}
    assert [row[1] for row in rows] == [*(one.phone for one in EVERYBODY[:3]), "call me"]
