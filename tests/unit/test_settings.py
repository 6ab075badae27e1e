"""Settings come from the environment: every one that does not fit is named."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load

EVERY_SETTING = {
    "REDIS_URL": "redis://example:6379/1",
    "REDIS_MAX_RETRIES": "7",
    "DATABASE_URL": "postgresql://example/db",
    "ARQLIGHT_DATA_DIR": "/var/lib/aq",
    "ARQLIGHT_LEASE": "5",
    "ARQLIGHT_GRACE": "0",
    "ARQLIGHT_CAPACITY": "20",
    "ARQLIGHT_ORDER": "strict",
    "ARQ_TIMEZONE": "America/Toronto",
    "ARQLIGHT_ENV": "production",
    "ARQLIGHT_READ_ONLY": "true",
    "ARQLIGHT_TRASH": "3600",
    "ARQLIGHT_TRASH_JOBS": "1000",
    "ARQLIGHT_LOG": "json",
    "ARQLIGHT_LOG_LEVEL": "debug",
    "ARQLIGHT_ALERTS": "age=30m, crm:mail age=off",
    "PORT": "3000",
    "ARQLIGHT_HOOKS": "shop=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "CIRCUIT_BREAKER_THRESHOLD": "6",
    "CIRCUIT_BREAKER_TIMEOUT": "1000",
    "MAX_FIX_ATTEMPTS": "3",
    "INCIDENT_COOLDOWN_WINDOW": "0",
    "DEFAULT_RETENTION_DAYS": "1",
    "MAX_RETENTION_DAYS": "2",
    "N8N_WEBHOOK_URL": "https://n8n.example/hook",
    "SMTP_HOST": "mail.example",
    "SMTP_PORT": "25",
    "SMTP_TLS": "tls",
    "SMTP_USER": "ada",
    "SMTP_PASSWORD": "post",
    "NOTIFY_FROM": "fleet@example.com",
    "NOTIFY_MAIL": "ops@example.com",
    "NOTIFY_WEBHOOK_URL": "https://hooks.example/x",
    "NOTIFY_WEBHOOK_SECRETS": "whsec_x",
    "TELEGRAM_BASE_URL": "https://telegram.example",
    "TELEGRAM_BOT_TOKEN": "1:a",
    "TELEGRAM_CHAT_ID": "-5",
    "SSRF_ALLOWLIST": "127.0.0.1",
    "BULL_BOARD_USERNAME": "ops",
    "BULL_BOARD_PASSWORD": "board",
    "BULLMQ_ADMIN_PASSWORD": "boss",
    "PAYLOAD_ENC_KEYS": "a,b",
    "PHI_HMAC_KEY": "k",
    "WHATSAPP_BASE_URL": "https://wa.example",
    "WHATSAPP_API_VERSION": "v99.0",
    "WHATSAPP_TOKEN": "wa",
    "WHATSAPP_APP_SECRET": "was",
    "WHATSAPP_VERIFY_TOKEN": "wvt",
    "OPENAI_BASE_URL": "http://llm.example/v1",
    "OPENAI_API_KEY": "sk",
    "OPENAI_CHAT_MODEL": "chat",
    "OPENAI_TRANSCRIPTION_MODEL": "ear",
    "OPENAI_CONTEXT_TOKENS": "900",
    "SENDGRID_BASE_URL": "https://sg.example",
    "SENDGRID_API_KEY": "SG.x",
    "SENDGRID_WEBHOOK_KEY": "MF",
    "TWILIO_BASE_URL": "https://tw.example",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "tw",
    "MAIL_FROM": "us@example.com",
    "OPENPROJECT_BASE_URL": "https://op.example",
    "OPENPROJECT_API_KEY": "op",
    "OPENPROJECT_WEBHOOK_SECRET": "ops",
    "OPENPROJECT_UNSIGNED": "1",
    "OPENPROJECT_PROJECT": "7",
    "OPENPROJECT_TYPE": "3",
    "OPENPROJECT_MARKER_FIELD": "customField3",
    "FLRTS_BACKEND": "n8n",
    "FLRTS_CONFLICTS": "local_wins",
    "N8N_WEBHOOK_TOKEN": "n8",
    "TELEGRAM_WEBHOOK_SECRET": "tg",
    "HEALER_BACKUP_UPLOADS": "true",
    "HEALER_VERIFY_PAUSE": "2",
}

EVERY_VALUE = Settings(
    redis_url="redis://example:6379/1",
    redis_max_retries=7,
    database_url="postgresql://example/db",
    data_dir=Path("/var/lib/aq"),
    read_only=True,
    trash=3600.0,
    trash_jobs=1000,
    lease=5.0,
    grace=0.0,
    capacity=20,
    order="strict",
    timezone=ZoneInfo("America/Toronto"),
    environment="production",
    log="json",
    log_level="DEBUG",
    alerts="age=30m, crm:mail age=off",
    port=3000,
    hooks="shop=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    breaker_threshold=6,
    breaker_timeout_ms=1000,
    max_fix_attempts=3,
    incident_cooldown=0,
    default_retention_days=1,
    max_retention_days=2,
    n8n_webhook_url="https://n8n.example/hook",
    smtp_host="mail.example",
    smtp_port=25,
    smtp_tls="tls",
    smtp_user="ada",
    smtp_password=EVERY_SETTING["SMTP_PASSWORD"],
    notify_from="fleet@example.com",
    notify_mail="ops@example.com",
    notify_webhook_url="https://hooks.example/x",
    notify_webhook_secrets="whsec_x",
    telegram_base_url="https://telegram.example",
    telegram_bot_token=EVERY_SETTING["TELEGRAM_BOT_TOKEN"],
    telegram_chat_id="-5",
    ssrf_allowlist="127.0.0.1",
    board_username="ops",
    board_password=EVERY_SETTING["BULL_BOARD_PASSWORD"],
    admin_password=EVERY_SETTING["BULLMQ_ADMIN_PASSWORD"],
    payload_enc_keys="a,b",
    phi_hmac_key="k",
    whatsapp_base_url="https://wa.example",
    whatsapp_api_version="v99.0",
    whatsapp_token=EVERY_SETTING["WHATSAPP_TOKEN"],
    whatsapp_app_secret=EVERY_SETTING["WHATSAPP_APP_SECRET"],
    whatsapp_verify_token=EVERY_SETTING["WHATSAPP_VERIFY_TOKEN"],
    openai_base_url="http://llm.example/v1",
    openai_api_key="sk",
    openai_chat_model="chat",
    openai_transcription_model="ear",
    openai_context_tokens=900,
    sendgrid_base_url="https://sg.example",
    sendgrid_api_key="SG.x",
    sendgrid_webhook_key="MF",
    twilio_base_url="https://tw.example",
    twilio_account_sid="AC1",
    twilio_auth_token=EVERY_SETTING["TWILIO_AUTH_TOKEN"],
    mail_from="us@example.com",
    openproject_base_url="https://op.example",
    openproject_api_key="op",
    openproject_webhook_secret=EVERY_SETTING["OPENPROJECT_WEBHOOK_SECRET"],
    openproject_unsigned=True,
    openproject_project=7,
    openproject_type=3,
    openproject_marker_field="customField3",
    flrts_backend="n8n",
    flrts_conflicts="local_wins",
    n8n_webhook_token=EVERY_SETTING["N8N_WEBHOOK_TOKEN"],
    telegram_webhook_secret=EVERY_SETTING["TELEGRAM_WEBHOOK_SECRET"],
    backup_uploads=True,
    verify_pause=2.0,
)


def test_an_empty_environment_gives_the_defaults():
    settings = load({})
    assert settings == Settings()
    assert (settings.redis_url, settings.database_url, settings.capacity) == (None, None, None)
    assert (settings.lease, settings.grace, settings.redis_max_retries) == (15.0, 30.0, 3)
    assert settings.data_dir.name == "arqlight"
    assert settings.timezone == ZoneInfo("UTC")
    assert (settings.breaker_threshold, settings.breaker_timeout_ms) == (5, 300_000)
    assert (settings.max_fix_attempts, settings.incident_cooldown) == (15, 600)
    assert (settings.default_retention_days, settings.max_retention_days) == (3, 7)
    assert (settings.log, settings.log_level, settings.order, settings.production) == ("text", None, "weighted", False)


def test_every_setting_has_its_variable():
    assert load(EVERY_SETTING) == EVERY_VALUE
    assert set(load(EVERY_SETTING).__struct_encode_fields__) == EVERY_SETTING.keys()


def test_what_is_not_ours_is_left_alone_and_an_empty_variable_is_not_set():
    assert load({"REDIS_URLS": "x", "PATH": "/bin", "REDIS_URL": "", "ARQLIGHT_LEASE": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("ARQLIGHT_LEASE", "soon", "ARQLIGHT_LEASE: expected float"),
        ("ARQLIGHT_LEASE", "0.5", "ARQLIGHT_LEASE: expected float >= 1.0"),
        ("ARQLIGHT_LEASE", "nan", "ARQLIGHT_LEASE: expected float >= 1.0"),
        ("ARQLIGHT_LEASE", "inf", "ARQLIGHT_LEASE: expected float <= 86400.0"),
        ("ARQLIGHT_GRACE", "-1", "ARQLIGHT_GRACE: expected float >= 0.0"),
        ("ARQLIGHT_CAPACITY", "0", "ARQLIGHT_CAPACITY: expected int >= 1"),
        ("ARQLIGHT_ORDER", "any", "ARQLIGHT_ORDER: must be one of weighted, strict"),
        ("ARQLIGHT_LOG", "xml", "ARQLIGHT_LOG: must be one of text, json"),
        ("ARQLIGHT_LOG_LEVEL", "loud", "ARQLIGHT_LOG_LEVEL: must be one of DEBUG, INFO, WARNING, ERROR"),
        ("ARQLIGHT_ENV", "test", "ARQLIGHT_ENV: must be one of development, production"),
        ("ARQ_TIMEZONE", "Mars/Olympus", "ARQ_TIMEZONE: no time zone found with key Mars/Olympus"),
        ("ARQ_TIMEZONE", "../../passwd", "ARQ_TIMEZONE: there is no time zone ../../passwd"),
        ("PORT", "65536", "PORT: expected int <= 65535"),
        ("REDIS_PORT", "x", "REDIS_PORT: expected int"),
        ("REDIS_DB", "-1", "REDIS_DB: expected int >= 0"),
        ("REDIS_TLS", "perhaps", "REDIS_TLS: expected bool"),
        ("REDIS_MAX_RETRIES", "-1", "REDIS_MAX_RETRIES: expected int >= 0"),
        ("CIRCUIT_BREAKER_THRESHOLD", "0", "CIRCUIT_BREAKER_THRESHOLD: expected int >= 1"),
        ("CIRCUIT_BREAKER_TIMEOUT", "5s", "CIRCUIT_BREAKER_TIMEOUT: expected int"),
        ("MAX_RETENTION_DAYS", "week", "MAX_RETENTION_DAYS: expected int"),
        ("NOTIFY_MAIL", "ops@example.com", "NOTIFY_MAIL: needs SMTP_HOST and NOTIFY_FROM"),
        ("NOTIFY_WEBHOOK_URL", "https://hooks.example", "NOTIFY_WEBHOOK_URL: needs NOTIFY_WEBHOOK_SECRETS"),
        ("TELEGRAM_CHAT_ID", "-5", "TELEGRAM_CHAT_ID: needs TELEGRAM_BOT_TOKEN"),
        ("OPENPROJECT_BASE_URL", "tasks", "OPENPROJECT_BASE_URL: is no address beginning with http:// or https://"),
        ("FLRTS_BACKEND", "n8n", "FLRTS_BACKEND: n8n needs N8N_WEBHOOK_URL"),
        ("MAX_RETENTION_DAYS", "2", "DEFAULT_RETENTION_DAYS: is more than MAX_RETENTION_DAYS"),
        ("N8N_WEBHOOK_URL", "ftp://n8n", "N8N_WEBHOOK_URL: is no address beginning with http:// or https://"),
        ("ARQLIGHT_HOOKS", "shop=whsec_short", "ARQLIGHT_HOOKS: its part 1 is not NAME=whsec_ with 24 to 64 bytes"),
        ("REDIS_URL", "http://a", "REDIS_URL: http://a is no server address; use redis://, rediss:// or unix://"),
        ("REDIS_URL", "redis://a:port", "REDIS_URL: redis://a:port cannot be read"),
        ("REDIS_TLS_CA", "/nowhere.pem", "REDIS_TLS_CA: there is no file /nowhere.pem"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(variable: str, text: str, told: str):
    with pytest.raises(UsageError) as refused:
        load({variable: text})
    assert told in str(refused.value)


@pytest.mark.parametrize(("told", "counts"), [("0", 1), ("-3", 1), ("8", 7), ("99", 7)])
def test_days_out_of_bounds_are_clamped_with_a_warning(told: str, counts: int, caplog: pytest.LogCaptureFixture):
    settings = load({"DEFAULT_RETENTION_DAYS": told})
    assert settings.default_retention_days == counts
    assert f"DEFAULT_RETENTION_DAYS is {told}: data is kept for 1 to 7 days, so it counts as {counts}." in caplog.text


def test_days_within_bounds_are_nobodys_concern(caplog: pytest.LogCaptureFixture):
    assert load({"DEFAULT_RETENTION_DAYS": "2", "MAX_RETENTION_DAYS": "5"}).max_retention_days == 5
    assert caplog.text == ""


def test_all_problems_are_told_at_once():
    told = {"ARQLIGHT_LEASE": "soon", "PORT": "0", "ARQ_TIMEZONE": "Nowhere", "N8N_WEBHOOK_URL": "x"}
    with pytest.raises(UsageError) as refused:
        load(told)
    assert all(variable in str(refused.value) for variable in told)


# ------------------------------------------------------------------ production


@pytest.mark.parametrize("where", [{"ARQLIGHT_ENV": "production"}, {"NODE_ENV": "production"}])
@pytest.mark.parametrize("variable", ["BULL_BOARD_PASSWORD", "BULLMQ_ADMIN_PASSWORD"])
def test_the_passwords_of_examples_are_refused_in_production_alone(variable: str, where: dict[str, str]):
    assert load({variable: "admin123"}).production is False
    with pytest.raises(UsageError, match=f"{variable}: is the password of an example"):
        load({variable: "admin123", **where})
    assert load({variable: "a good one", **where}).production


def test_arqlight_env_is_more_particular_than_node_env():
    assert not load({"NODE_ENV": "production", "ARQLIGHT_ENV": "development"}).production
    assert not load({"NODE_ENV": "test"}).production


def test_without_an_argument_it_is_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARQLIGHT_LEASE", "7")
    assert load().lease == 7.0
