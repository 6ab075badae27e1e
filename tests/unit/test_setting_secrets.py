"""No secret out of the environment shows anywhere."""

import pytest
from rich.pretty import pretty_repr

from arqlight_core.errors import UsageError
from arqlight_core.settings import load

OLD, NEW = "whsec_geheim16AAAAAAAAAAAAAAAAAAAAAAAA", "whsec_geheim17AAAAAAAAAAAAAAAAAAAAAAAA"

SECRETS = {
    "REDIS_URL": "redis+sentinel://ada:geheim1@a:1/m?sentinel_password=geheim2",
    "DATABASE_URL": "postgresql://u:geheim3@db/x",
    "N8N_WEBHOOK_URL": "https://n8n/geheim4",
    "BULL_BOARD_PASSWORD": "geheim5",
    "BULLMQ_ADMIN_PASSWORD": "geheim6",
    "PAYLOAD_ENC_KEYS": "geheim7,geheim8",
    "PHI_HMAC_KEY": "geheim9",
    "WHATSAPP_TOKEN": "geheim10",
    "OPENAI_API_KEY": "geheim11",
    "SENDGRID_API_KEY": "geheim12",
    "TWILIO_ACCOUNT_SID": "geheim13",
    "TWILIO_AUTH_TOKEN": "geheim14",
    "WHATSAPP_APP_SECRET": "geheim15",
    "WHATSAPP_VERIFY_TOKEN": "geheim-verify",
    "ARQLIGHT_HOOKS": f"shop={OLD},shop={NEW}",
}


def test_no_secret_shows_when_settings_are_shown():
    settings = load(SECRETS)
    for shown in (repr(settings), str(settings), f"{settings}", pretty_repr(settings)):
        assert "geheim" not in shown
        assert "ada:***@a:1" in shown


def test_every_secret_is_known_as_one():
    assert {f"geheim{number}" for number in (1, 2, 3, *range(5, 16))} | {OLD, NEW} <= load(SECRETS).secrets
    assert load({}).secrets == frozenset()


def test_no_secret_shows_in_an_error():
    spoilt = {**SECRETS, "REDIS_URL": "http://:geheim1@a", "N8N_WEBHOOK_URL": "geheim4", "REDIS_PASSWORD": "geheim0"}
    with pytest.raises(UsageError) as refused:
        load({**spoilt, "PORT": "x"})
    assert "geheim" not in str(refused.value)
