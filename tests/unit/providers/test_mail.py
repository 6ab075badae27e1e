"""How a mail is written, and what is refused before anybody is called."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from arqlight_jobs.providers.headers import MailRefused
from arqlight_jobs.providers.mail import Mail, mime_of

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAIL = Mail(to="jane@example.com", sender="shop@acme.test", subject="Hello", text="On its way.", message_id="m1")


def mime(**told: Any) -> EmailMessage:
    return mime_of(msgspec.structs.replace(MAIL, **told), AT)


# ------------------------------------------------------------------ what is never handed over


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"subject": "Hi\r\nBcc: eve@x.org"}, "header injection: the subject"),
        ({"subject": "Hi\u2028Bcc: eve@x.org"}, "header injection: the subject"),
        ({"subject": ""}, "no subject"),
        ({"subject": "x" * 901}, "longer than 900"),
        ({"to_name": "Jane\nBcc: eve@x.org"}, "header injection: the name"),
        ({"sender_name": "A\0"}, "header injection: the sender's name"),
        ({"to": "jane@example.com>\r\nRCPT TO:<eve@x.org"}, "header injection: the address"),
        ({"headers": {"List-Unsubscribe": "<x>\nBcc: eve@x.org"}}, "header injection"),
        ({"headers": {"List-Unsubscribe": "<https://é>"}}, "not ASCII"),
        ({"message_id": "x\ny"}, "header injection: the Message-ID"),
        ({"text": " ", "html": ""}, "no text"),
        ({"html": "\udfff"}, "surrogate"),
        *(
            ({"to": address}, "the address is no mail address")
            for address in (
                *("jane", "@x.org", "jane@", "a@b@c", "jane@x..org", ".jane@x.org", "jane.@x.org", "ja ne@x.org"),
                *("<jane@x.org>", "Jane <jane@x.org>", "a@x.org, b@x.org", '"a b"@x.org', "jane@[127.0.0.1]"),
                *("jané@x.org", "jane@-x.org", "jane@x.org.", f"{'x' * 65}@x.org", f"a@{'x.' * 130}org", "=?@x.org"),
                *("jane@x_y.org", "jane@é" + "x" * 70),
            )
        ),
    ],
)
def test_hostile_and_malformed_mails_are_refused_by_field(told: dict[str, Any], why: str) -> None:
    with pytest.raises(MailRefused, match=why) as refused:
        mime(**told)
    assert not any(word in str(refused.value) for word in ("eve", "jan"))


def test_what_looks_encoded_is_not_decoded_on_the_way() -> None:
    for field in ("subject", "to_name", "sender_name"):
        told = mime(**{field: "=?utf-8?q?=0D=0ABcc:_eve@x.org=0D=0A?="})
        assert told["Bcc"] is None
        assert b"\nBcc:" not in told.as_bytes()


@pytest.mark.parametrize(
    ("given", "wire"),
    [("o'neil+tag@x.org", "o'neil+tag@x.org"), ("jane@bücher.example", "jane@xn--bcher-kva.example"), ("a@b", "a@b")],
)
def test_unusual_addresses_that_are_good_stay_good(given: str, wire: str) -> None:
    assert mime(to=given)["To"] == wire
