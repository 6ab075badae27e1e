"""What SendGrid tells of the show's mails: signed, each event twice, and nothing of mails that are not outreach's."""

import random
from collections import Counter
from typing import Any

import msgspec

from arqlight.demo.canvassing import document_of
from arqlight.demo.people import Person
from arqlight.demo.reading import Reading
from arqlight.demo.world.sendgrid import Account
from arqlight_jobs.outreach.letters import ARGUMENT
from arqlight_jobs.outreach.loading import problems_of
from arqlight_jobs.providers.sendgrid_events import verify

NEWS = "news@choir.example.com"


def a_mail(number: int, sender: str = NEWS, **arguments: str) -> dict[str, Any]:
    person = {"to": [{"email": f"p{number}@example.com"}], "custom_args": arguments}
    return {"from": {"email": sender}, "personalizations": [person], "message_id": f"m{number}"}


def test_the_document_of_a_campaign_fits_and_its_people_are_as_they_are_made_up() -> None:
    told = document_of("choir", "choir-1", [Person(600), Person(609)])
    assert problems_of(told) == []
    assert told.senders[0].address == NEWS
    assert [one.consent for one in told.contacts] == [False, True]


def test_every_mail_is_told_of_once_in_signed_posts_with_each_event_twice() -> None:
    account = Account(accepted=[a_mail(number, **{ARGUMENT: f"a{number}"}) for number in range(40)])
    reading = Reading(account, {NEWS: "choir"}, dice=random.Random(3))  # noqa: S311 - a show
    [(tenant, post)] = reading.posts()
    verify(reading.webhook.public_key, {name.lower(): text for name, text in post.headers.items()}, post.body)
    events: list[dict[str, Any]] = msgspec.json.decode(post.body)
    assert (tenant, {one[ARGUMENT] for one in events}) == ("choir", {f"a{number}" for number in range(40)})
    assert set(Counter(one["sg_event_id"] for one in events).values()) == {2}
    assert {one["event"] for one in events} == {"delivered", "open", "click", "bounce"}
    assert (list(reading.posts()), account.accepted) == ([], [])


def test_nothing_is_told_of_mails_of_others() -> None:
    account = Account(accepted=[a_mail(1, effect="of-the-crm"), a_mail(2, "shop@example.com", **{ARGUMENT: "a2"})])
    assert list(Reading(account, {NEWS: "choir"}).posts()) == []
