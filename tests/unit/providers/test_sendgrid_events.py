"""Who signed a post of SendGrid's event webhook, and what its events say."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arqlight.demo.world.sendgrid_events import EventWebhook
from arqlight_jobs.providers.sendgrid_events import (
    KINDS,
    SIGNATURE,
    TIMESTAMP,
    Meaning,
    NotAnEvent,
    NotSigned,
    batch,
    report,
    verify,
)

KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dA"
    "fSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
SIGNED = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
STAMP = "1600112502"
BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
"""The vector that SendGrid's own helper libraries are tested with."""

OTHER_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIb"
    "sd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA=="
)
OTHER_SIGNED = "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH3j/0="


def headers(signature: str = SIGNED, stamp: str = STAMP) -> dict[str, str]:
    return {SIGNATURE.title(): signature, TIMESTAMP.upper(): stamp}


def test_the_public_vector_is_verified_and_read() -> None:
    assert verify(KEY, headers(), BODY).timestamp() == int(STAMP)
    entries = batch(BODY)
    assert entries
    told = report(entries[0])
    assert (told.kind, told.message, told.email) == ("dropped", "LRzXl_NHStOGhQ4kofSm_A", "hello@world.com")


@pytest.mark.parametrize(
    ("key", "given", "body", "why"),
    [
        (OTHER_KEY, headers(), BODY, "does not fit"),
        (KEY, headers(OTHER_SIGNED), BODY, "does not fit"),
        (KEY, headers(stamp="1600112503"), BODY, "does not fit"),
        (KEY, headers(stamp="timestamp"), BODY, "does not fit"),
        (KEY, headers(), BODY.rstrip(), "does not fit"),
        (KEY, headers(), BODY.replace(b"world", b"w0rld"), "does not fit"),
        (KEY, headers("not base64!"), BODY, "does not fit"),
        (KEY, headers("bm90IERFUg=="), BODY, "does not fit"),
        (KEY, headers(""), BODY, "no signature"),
        (KEY, {}, BODY, "no signature"),
        ("no key", headers(), BODY, "is no public key"),
        ("bm8ga2V5", headers(), BODY, "is no public key"),
    ],
)
def test_what_was_not_signed_by_the_holder_of_the_key_is_refused(
    key: str, given: dict[str, str], body: bytes, why: str
) -> None:
    with pytest.raises(NotSigned, match=why):
        verify(key, given, body)


def test_a_key_on_another_curve_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    spelled = base64.b64encode(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    with pytest.raises(NotSigned, match="P-256"):
        verify(spelled, headers(), BODY)


@pytest.mark.parametrize("stamp", ["-1", "1e9", "", "9" * 40, "0" * 12 + "9" * 30, "١٦٠٠"])
def test_a_timestamp_that_is_none_is_refused_although_it_was_signed(stamp: str) -> None:
    webhook = EventWebhook()
    post = webhook.signed(BODY)
    signature = webhook.key.sign(stamp.encode() + BODY, ec.ECDSA(SHA256()))
    given = headers(base64.b64encode(signature).decode(), stamp)
    with pytest.raises(NotSigned):
        verify(webhook.public_key, given, BODY)
    assert verify(webhook.public_key, post.headers, post.body)


@pytest.mark.parametrize("raw", [b"{}", b'"text"', b"null", b"[", b"\xff\xfe", b"", b"[" * 100_000])
def test_what_is_no_array_is_no_batch(raw: bytes) -> None:
    assert batch(raw) is None


GOOD: dict[str, Any] = {"event": "open", "timestamp": 1600112492, "sg_event_id": "one", "sg_message_id": "abc.recv.0"}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        [],
        {},
        {**GOOD, "event": "invented"},
        {**GOOD, "event": ["open"]},
        {**GOOD, "timestamp": "1600112492"},
        {**GOOD, "timestamp": True},
        {**GOOD, "timestamp": -1},
        {**GOOD, "timestamp": 10**18},
        {**GOOD, "sg_event_id": ""},
        {**GOOD, "sg_event_id": 7},
        {**GOOD, "sg_event_id": "x" * 201},
        {**GOOD, "sg_event_id": "with\x00zero"},
    ],
)
def test_what_is_no_event_is_said_to_be_none(entry: object) -> None:
    with pytest.raises(NotAnEvent):
        report(entry)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_whatever_else_stands_in_it(kind: str) -> None:
    for category in ("one", ["one", "two"]):
        told = report({**GOOD, "event": kind, "category": category, "sg_message_id": None, "email": 7})
        assert (told.kind, told.message, told.email, told.is_machine) == (kind, "", "", False)


def test_a_bounce_is_for_good_unless_it_was_blocked() -> None:
    assert report({**GOOD, "event": "bounce", "type": "bounce"}).meaning is Meaning.SUPPRESS
    assert report({**GOOD, "event": "bounce", "type": "blocked"}).meaning is Meaning.NOTHING
