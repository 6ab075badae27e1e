import stat
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.secrecy import (
    Sealer,
    is_sealed,
    mask_email,
    mask_phone,
    masked_secrets,
    masked_text,
)
from arqlight_core.settings import Settings

NOWHERE = Path("/nowhere/at/all")
ONE, TWO = (urlsafe_b64encode(sign * 32).decode() for sign in (b"1", b"2"))
JSON_ABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def sealer(*keys: str) -> Sealer:
    return Sealer.of(Settings(data_dir=NOWHERE, payload_enc_keys=",".join(keys)))


@given(JSON_ABLE.filter(lambda value: not is_sealed(value)))
def test_any_value_comes_back_as_it_was(value: object):
    sealed = sealer(ONE).seal({"secret": value, "plain": value}, frozenset({"secret", "absent"}))
    assert is_sealed(sealed["secret"])
    assert sealed["plain"] == value
    assert msgspec.json.decode(msgspec.json.encode(sealed["secret"])) == sealed["secret"]
    assert sealer(ONE).unseal(sealed) == {"secret": value, "plain": value}


def test_what_is_sealed_cannot_be_read_and_is_not_sealed_twice():
    once = sealer(ONE).seal({"text": "Échantillon", "id": 7}, frozenset({"text"}))
    assert "chantillon" not in repr(once)
    assert sealer(TWO).seal(once, frozenset({"text"})) == once


def test_the_first_key_seals_and_all_open():
    old = sealer(ONE).seal({"text": "old"}, frozenset({"text"}))
    new = sealer(TWO, ONE).seal({"text": "new"}, frozenset({"text"}))
    assert sealer(TWO, f" {ONE}").unseal(old) == {"text": "old"}
    assert sealer(TWO).unseal(new) == {"text": "new"}
    with pytest.raises(ArqlightError, match=r"PAYLOAD_ENC_KEYS\.$"):
        sealer(ONE).unseal(new)


@pytest.mark.parametrize("token", ["", "nonsense", "é", "\ud800", "gAAAAA=="])
def test_a_token_that_is_none_is_an_error_in_one_sentence(token: str):
    with pytest.raises(ArqlightError, match="PAYLOAD_ENC_KEYS"):
        sealer(ONE).unseal({"text": {"$sealed": token}})


@pytest.mark.parametrize(
    "value", [None, "x", [], {}, {"$sealed": 1}, {"$sealed": None}, {"$sealed": "x", "more": 1}, {"other": "x"}]
)
def test_what_only_resembles_a_sealed_value_is_left_alone(value: object):
    assert not is_sealed(value)
    assert sealer(ONE).unseal({"field": value}) == {"field": value}


@pytest.mark.parametrize("keys", ["secret", f"{ONE},", "a,b", "é"])
def test_keys_that_are_none_are_refused_when_checked(keys: str):
    with pytest.raises(UsageError, match="PAYLOAD_ENC_KEYS"):
        sealer(keys).check()


def test_a_value_that_json_cannot_carry_is_refused():
    with pytest.raises(TypeError):
        sealer(ONE).seal({"text": object()}, frozenset({"text"}))


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "data")
    sealed = Sealer.of(settings).seal({"text": "x"}, frozenset({"text"}))
    assert Sealer.of(settings).unseal(sealed) == {"text": "x"}
    [kept] = (tmp_path / "data" / "keys").iterdir()
    assert (kept.name, stat.S_IMODE(kept.stat().st_mode)) == ("payload_enc_keys", 0o600)
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_nothing_is_loaded_or_made_before_something_is_sealed(tmp_path: Path):
    program = f"""
import sys
from pathlib import Path
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
folder = Path({str(tmp_path)!r})
sealer = Sealer.of(Settings(data_dir=folder / "data"))
assert sealer.unseal(sealer.seal({{"a": 1}}, frozenset())) == {{"a": 1}}
assert "cryptography" not in sys.modules
assert not (folder / "data").exists()
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+15145551234", "+1514•••1234"),
        ("+1 (514) 555-1234", "+1514•••1234"),
        ("5145551234", "514•••1234"),
        ("+4930123456", "+493•••3456"),
        ("555-1234", "•••1234"),
        ("911", "•••"),
        ("", "•••"),
    ],
)
def test_a_phone_number_shows_where_it_is_from_and_how_it_ends(number: str, masked: str):
    assert mask_phone(number) == masked


@given(st.text("0123456789", max_size=20))
def test_three_digits_of_a_phone_number_are_always_hidden(digits: str):
    shown = mask_phone(digits).replace("•••", "")
    assert len(shown) <= max(0, len(digits) - 3)


@pytest.mark.parametrize(
    ("address", "masked"),
    [("jane@example.com", "j•••@example.com"), ("é@x.ca", "é•••@x.ca"), ("@x.ca", "•••@x.ca"), ("jane", "•••")],
)
def test_an_address_shows_its_domain(address: str, masked: str):
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to jane@example.com.", "to j•••@example.com."),
        ("'jöhn.d+x@ex-ample.co.uk'", "'j•••@ex-ample.co.uk'"),
        ("call +15145551234 or (514) 555-1234", "call +1514•••1234 or 514•••1234"),
        ("514.555.1234, 1-514-555-1234", "514•••1234, 1514•••1234"),
        ("wa_id=33612345678", "wa_id=3361•••5678"),
        ("to=whatsapp:+33612345678", "to=whatsapp:+3361•••5678"),
        ("/v1/15145551234/x", "/v1/1514•••1234/x"),
    ],
)
def test_persons_are_masked_in_text(text: str, masked: str):
    assert masked_text(text) == masked
    assert masked_text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "took 1763777195123 ms at 1763777195",
        "2026-11-22 00:00:00 550e8400-e29b-41d4-a716-446655440000",
        "127.0.0.1:6379 0.33333333333 12345678901.5 -1001234567890",
        "job {crm:message}:5145551234abc a@b 455200",
        "key_15145551234 1-2-3",
    ],
)
def test_ids_moments_and_counts_are_not_taken_for_persons(text: str):
    assert masked_text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://u:p@ss@h/n", "postgresql://u:•••@h/n"),
        ("redis://:pw@h:6379/0", "redis://:•••@h:6379/0"),
        ("https://ghp@github.com/x", "https://•••@github.com/x"),
        ("GET https://host/bot123:ABC-d_e/sendMessage", "GET https://host/bot•••/sendMessage"),
        ("Authorization: Bearer abc.def", "Authorization: •••"),
        ("{'authorization': 'Basic dTpw'}", "{'authorization': '•••'}"),
        ("(b'Authorization', b'Bearer abc')", "(b'Authorization', b'•••')"),
        ("got Bearer abc.def123 back", "got Bearer ••• back"),
        ("Cookie: a=b; c=d", "Cookie: •••"),
        ("?token=abc&x=1", "?token=•••&x=1"),
        ("password=hunter2 key=z; X-Api-Key: q", "password=••• key=•••; X-Api-Key: •••"),
        ('{"password": "hun \\"ter", "api_key": "k"}', '{"password": "•••", "api_key": "•••"}'),
        ("access_token='a b' client_secret=c", "access_token='•••' client_secret=•••"),
        ("PAYLOAD_ENC_KEYS=a,b", "PAYLOAD_ENC_KEYS=•••"),
        ("used sk-abcdefghijklmnop1234 up", "used ••• up"),
    ],
)
def test_secrets_are_masked_in_text(text: str, masked: str):
    assert masked_secrets(text) == masked
    assert masked_secrets(masked) == masked


@pytest.mark.parametrize(
    "text",
    ["max_tokens=100, prompt_tokens: 12", "KeyError: 'x'", "redis://host:6379/0 unix:///a/b", "http://h/bots/1", "a@b"],
)
def test_what_is_no_secret_stays(text: str):
    assert masked_secrets(text) == text


@pytest.mark.parametrize("piece", ["a", "1", "+1", "a@", "a.@b.", "://a:", "http://", "key='", "password ", "bearer "])
@pytest.mark.timeout(10)
def test_no_text_takes_long(piece: str):
    text = piece * (100_000 // len(piece))
    masked_text(masked_secrets(text))
