"""OpenProject's webhooks: verified over the bytes as they came, and read whatever they are."""

import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight.demo.world.openproject_webhooks import SIGNATURE, Webhooks
from arqlight_jobs.providers.openproject_webhooks import Hook, NotAHook, NotSigned, signed, told_in, verify

KEY = "planted-webhook-secret"
BODY = b'{"action": "work_package:updated", "work_package": {"id": 7, "subject": "\xc3\xa4"}}'


def test_a_signature_is_the_hmac_of_the_bytes_with_sha1() -> None:
    assert signed("secret", b"The quick brown fox") == "sha1=" + _hex(b"secret", b"The quick brown fox")
    assert signed("key", b"The quick brown fox jumps over the lazy dog") == (
        "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"  # a well-known vector
    )


def _hex(key: bytes, body: bytes) -> str:
    return hmac.new(key, body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize("name", ["X-OP-Signature", "x-op-signature", "X-Op-Signature"])
def test_what_the_sender_signs_is_verified_whatever_the_case_of_the_header(name: str) -> None:
    post = Webhooks(KEY).signed(BODY)
    verify(KEY, {name: f" {post.headers[SIGNATURE]} "}, post.body)


GOOD = f"sha1={_hex(KEY.encode(), BODY)}"
FORGED: dict[str, tuple[dict[str, str], bytes]] = {
    "changed": ({SIGNATURE: GOOD}, BODY.replace(b"7", b"8")),
    "spaced": ({SIGNATURE: GOOD}, BODY + b"\n"),
    "by a stranger": ({SIGNATURE: f"sha1={_hex(b'other', BODY)}"}, BODY),
    "without a key": ({SIGNATURE: f"sha1={_hex(b'', BODY)}"}, BODY),
    "unsigned": ({}, BODY),
    "empty": ({SIGNATURE: ""}, BODY),
    "bare": ({SIGNATURE: _hex(KEY.encode(), BODY)}, BODY),
    "another sum": ({SIGNATURE: f"sha256={hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest()}"}, BODY),
    "cut": ({SIGNATURE: GOOD[:-1]}, BODY),
    "in capitals": ({SIGNATURE: f"sha1={GOOD[5:].upper()}"}, BODY),
    "no ascii": ({SIGNATURE: f"sha1=é{GOOD[6:]}"}, BODY),
    "half a sign": ({SIGNATURE: "sha1=\ud800"}, BODY),
    "in another header": ({"X-Signature": GOOD}, BODY),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_post_is_told_from_a_true_one(kind: str) -> None:
    headers, body = FORGED[kind]
    with pytest.raises(NotSigned) as refused:
        verify(KEY, headers, body)
    assert KEY not in str(refused.value)
    verify(KEY, {SIGNATURE: GOOD}, BODY)


def test_a_body_tells_what_happened_to_what() -> None:
    assert told_in(BODY) == Hook("work_package", "updated", {"id": 7, "subject": "ä"})
    comment = b'{"action": "work_package_comment:comment", "activity": {"id": 1}}'
    assert told_in(comment) == Hook("work_package_comment", "comment", {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'{"action": "work_package:updated"',
        b"\xff\xfe",
        b'{"action": 7}',
        b"{}",
        b'{"action": "updated"}',
        b'{"action": "work_package:"}',
        b'{"action": "a:b:c"}',
        b'{"action": "work_package:updated\\n"}',
        b'{"a":' * 100_000,
        b'{"action": "' + b"a" * 1000 + b':b"}',
    ],
)
def test_what_is_no_post_is_no_post_and_no_error(body: bytes) -> None:
    with pytest.raises(NotAHook):
        told_in(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_post_or_none(body: bytes) -> None:
    _read(body)


@given(st.dictionaries(st.sampled_from(["action", "work_package", "id"]), JSON))
def test_any_object_is_a_post_or_none(told: dict[str, Any]) -> None:
    _read(json.dumps(told).encode())


def _read(body: bytes) -> None:
    with suppress(NotAHook):
        assert isinstance(told_in(body), Hook)


@given(st.text(min_size=1).filter(lambda key: key.isprintable()), st.binary())
def test_what_is_signed_is_verified_and_one_more_byte_is_not(key: str, body: bytes) -> None:
    headers = {SIGNATURE: signed(key, body)}
    verify(key, headers, body)
    with pytest.raises(NotSigned):
        verify(key, headers, body + b"x")


async def test_the_sender_posts_to_a_function_and_remembers() -> None:
    sender, arrived = Webhooks(KEY), list[bytes]()

    async def take(body: bytes, headers: Any) -> str:
        verify(KEY, headers, body)
        arrived.append(body)
        return "taken"

    assert await sender.send(take, {"id": 7}, "created") == "taken"
    assert told_in(arrived[0]) == Hook("work_package", "created", {"id": 7})
    assert [post.body for post in sender.sent] == arrived
    assert SIGNATURE not in Webhooks("").post({"id": 7}).headers
