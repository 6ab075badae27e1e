"""The show's fleet reaches stand-ins and nobody else, whatever the environment says of providers."""

import os
import socket
from pathlib import Path

import msgspec
import pytest

from arqlight.demo import doors, stage
from arqlight.demo.world import twilio
from arqlight_core.errors import UsageError
from arqlight_core.settings import load

REAL = {
    "WHATSAPP_TOKEN": "a-real-token",
    "SENDGRID_API_KEY": "SG.real",
    "SENDGRID_BASE_URL": "https://api.eu.sendgrid.com",
    "SMTP_HOST": "mail.example.com",
    "NOTIFY_FROM": "us@example.com",
    "NOTIFY_MAIL": "team@example.com",
    "TELEGRAM_BOT_TOKEN": "1:a-real-bot",
    "TELEGRAM_CHAT_ID": "-100777",
    "OPENPROJECT_BASE_URL": "https://openproject.example.com",
    "OPENPROJECT_API_KEY": "a-real-key",
    "N8N_WEBHOOK_URL": "https://n8n.example.com/webhook",
}


def test_no_account_and_no_channel_of_the_environment_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with doors.doors() as opened:
        monkeypatch.setattr(os, "environ", REAL)
        told = load(stage.environment(opened.environment))
        assert set(REAL) <= stage.PRIVATE
        for value in REAL.values():
            assert value not in map(str, msgspec.structs.astuple(told))
        assert told.whatsapp_base_url.startswith("http://127.0.0.1:")
        assert (told.smtp_host, told.notify_webhook_url) == (doors.HOST, "")


def test_every_setting_that_says_where_a_provider_is_leads_to_a_door() -> None:
    bases = {name for name in doors.VARIABLES if name.endswith("_base_url")}
    assert bases | {"n8n_webhook_url"} == {setting for setting, _ in doors.BASES.values()}


def test_the_account_at_twilio_is_the_one_that_its_stand_in_knows() -> None:
    assert (doors.TWILIO_ACCOUNT, doors.TWILIO_TOKEN) == (twilio.ACCOUNT, twilio.TOKEN)


def test_who_calls_before_anybody_serves_waits_and_afterwards_no_port_is_left() -> None:
    with doors.doors() as opened:
        ports = {one.getsockname()[1] for one in opened.sockets.values()}
        assert len(ports) == len(doors.BASES) + 1
        for port in ports:
            socket.create_connection((doors.HOST, port), timeout=1).close()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((doors.HOST, port), timeout=1)


def test_other_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"ARQLIGHT_GRACE": "7", "FLRTS_BACKEND": "n8n"})
    with doors.doors() as opened:
        told = load(stage.environment(opened.environment))
    assert (told.grace, told.flrts_backend) == (7.0, "n8n")


def test_where_what_comes_of_it_stays_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at, folder = {"REDIS_URL": "redis://:sesame@there:6390"}, {"ARQLIGHT_DATA_DIR": str(tmp_path)}
    for told, words in (
        (at, ["there:6390", "gone"]),
        (folder, [f"at {tmp_path};"]),
        ({**at, **folder}, [f"{tmp_path}."]),
    ):
        monkeypatch.setattr(os, "environ", told)
        assert all(word in stage.kept() for word in words)
        assert "sesame" not in stage.kept()
    monkeypatch.setattr(os, "environ", {})
    assert stage.kept() == ""


def test_a_folder_that_cannot_be_made_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(UsageError, match="cannot be made"), stage.stage(1, tmp_path / "scratch"):
        pass
