"""Settings of the providers that domains send through: where each is, and by which account."""

import re
from collections.abc import Iterator

import msgspec

from arqlight_core.notice_settings import NoticeSettings
from arqlight_core.setting_kinds import Count, Secret

field = msgspec.field

_WEB = re.compile(r"https?://[^\s/]+.*")


class ProviderSettings(NoticeSettings, frozen=True, kw_only=True):  # structs of fields cannot stand side by side
    """What the environment may set about WhatsApp, SendGrid, Twilio and the language models."""

    whatsapp_base_url: str = field(name="WHATSAPP_BASE_URL", default="https://graph.facebook.com")
    """Where the WhatsApp Cloud API is served."""

    whatsapp_api_version: str = field(name="WHATSAPP_API_VERSION", default="v21.0")
    """The version of it that is called."""

    whatsapp_token: Secret = field(name="WHATSAPP_TOKEN", default="")
    """The access token for it."""

    whatsapp_app_secret: Secret = field(name="WHATSAPP_APP_SECRET", default="")
    """The secret of Meta's app, which signs what it posts to us."""

    whatsapp_verify_token: Secret = field(name="WHATSAPP_VERIFY_TOKEN", default="")
    """What Meta shows when it asks whether its posts are to come here."""

    openai_base_url: str = field(name="OPENAI_BASE_URL", default="https://api.openai.com/v1")
    """Where chat completions and transcriptions are served; any server with the same interface will do."""

    openai_api_key: Secret = field(name="OPENAI_API_KEY", default="")
    """The key for it."""

    openai_chat_model: str = field(name="OPENAI_CHAT_MODEL", default="gpt-4o-mini")
    """The model that answers."""

    openai_transcription_model: str = field(name="OPENAI_TRANSCRIPTION_MODEL", default="whisper-1")
    """The model that listens."""

    openai_context_tokens: Count = field(name="OPENAI_CONTEXT_TOKENS", default=8000)
    """How much of a conversation is sent along, in tokens."""

    sendgrid_base_url: str = field(name="SENDGRID_BASE_URL", default="https://api.sendgrid.com")
    """Where SendGrid is served; for accounts in the EU https://api.eu.sendgrid.com."""

    sendgrid_api_key: Secret = field(name="SENDGRID_API_KEY", default="")
    """The key for it."""

    sendgrid_webhook_key: str = field(name="SENDGRID_WEBHOOK_KEY", default="")
    """The public key, in base64, by which its event webhooks are verified."""

    twilio_base_url: str = field(name="TWILIO_BASE_URL", default="https://api.twilio.com")
    """Where Twilio is served."""

    twilio_account_sid: Secret = field(name="TWILIO_ACCOUNT_SID", default="")
    """The account there; it stands in every URL."""

    twilio_auth_token: Secret = field(name="TWILIO_AUTH_TOKEN", default="")
    """The token of that account."""

    mail_from: str = field(name="MAIL_FROM", default="")
    """The address that tenants mail from who name none of their own."""

    def provider_problems(self) -> Iterator[str]:
        """What does not fit together, each to be read after the variable's name."""
        for one in msgspec.structs.fields(ProviderSettings):
            if one.encode_name.endswith("_BASE_URL") and not _WEB.fullmatch(getattr(self, one.name)):
                yield f"{one.encode_name}: is no address beginning with http:// or https://"
        if bool(self.twilio_account_sid) != bool(self.twilio_auth_token):
            yield "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: one is of no use without the other"
