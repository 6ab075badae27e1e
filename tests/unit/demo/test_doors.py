"""The show's fleet reaches stand-ins and nobody else, whatever the environment says of providers."""

import socket

import msgspec
import pytest

from arqlight.demo import doors, stage
from arqlight.demo.world import twilio
from arqlight_core.settings import Settings, load

REAL = {
    "WHATSAPP_TOKEN": "a-real-token",
    "SENDGRID_API_KEY": "SG.real",
    "SENDGRID_BASE_URL": "https://api.eu.sendgrid.com",
    "SMTP_HOST": "mail.example.com",
    "NOTIFY_FROM": "us@example.com",
    "NOTIFY_MAIL": "team@example.com",
    "TELEGRAM_BOT_TOKEN": "1:a-real-bot",
    "TELEGRAM_CHAT_ID": "-100777",
}


def test_no_account_and_no_channel_of_the_environment_is_left() -> None:
    with doors.doors() as opened:
        told = opened.leading(load(REAL))
        assert set(REAL) <= stage.PRIVATE
        for value in REAL.values():
            assert value not in map(str, msgspec.structs.astuple(told))
        assert told.whatsapp_base_url.startswith("http://127.0.0.1:")
        assert (told.smtp_host, told.notify_webhook_url, told.telegram_bot_token) == ("", "", "")


def test_fleet_and_show_are_told_the_same() -> None:
    with doors.doors() as opened:
        assert load(opened.environment) == opened.leading(load({}))


def test_every_setting_that_says_where_a_provider_is_leads_to_a_door_or_is_never_used() -> None:
    bases = {name for name in doors.VARIABLES if name.endswith("_base_url")}
    assert bases == {setting for setting, _ in doors.BASES.values()} | {"telegram_base_url"}


def test_the_account_at_twilio_is_the_one_that_its_stand_in_knows() -> None:
    assert (doors.TWILIO_ACCOUNT, doors.TWILIO_TOKEN) == (twilio.ACCOUNT, twilio.TOKEN)


def test_who_calls_before_anybody_serves_waits_and_afterwards_no_port_is_left() -> None:
    with doors.doors() as opened:
        ports = {one.getsockname()[1] for one in opened.sockets.values()}
        assert len(ports) == len(doors.BASES)
        for port in ports:
            socket.create_connection((doors.HOST, port), timeout=1).close()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((doors.HOST, port), timeout=1)


def test_other_settings_stay() -> None:
    with doors.doors() as opened:
        assert opened.leading(Settings(grace=7.0)).grace == 7.0
