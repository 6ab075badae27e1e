"""The words by which somebody says that nothing more is wanted. They count alone, not within a sentence."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("stop", "stop all", "stopall", "unsubscribe", "opt out", "optout"),
        "de": ("stopp", "abmelden", "abbestellen", "austragen"),
        "fr": ("arrêt", "arrêter", "désabonner", "se désabonner", "désinscrire", "désinscription"),
        "es": ("baja", "darse de baja", "dar de baja", "cancelar suscripción"),
        "it": ("disiscrivimi", "disiscriviti", "annulla iscrizione"),
        "pt": ("parar", "descadastrar", "cancelar inscrição", "cancelar subscrição"),
        "nl": ("afmelden", "uitschrijven"),
        "pl": ("wypisz", "wypisz mnie"),
        "tr": ("abonelikten ç\u0131k", "durdur"),
        "ru": ("стоп", "отписаться"),
        "ar": ("إيقاف", "إلغاء الاشتراك"),
        "he": ("הסר", "הסירו"),
        "hi": ("रोकें", "बंद करें"),
        "zh": ("退订", "取消订阅"),
        "ja": ("停止", "配信停止"),
    }
)
"""By language. Words that also answer other questions, such as cancel or end, are not in here."""


def opts_out(text: str) -> bool:
    """Whether this says that nothing more is wanted: in any case, with or without accents and signs around it."""
    return _plain(text) in _KNOWN


def _plain(text: str) -> str:
    """Its letters alone: without case, accents of Latin letters, signs and doubled blanks."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one if _counts(one) else " " for one in parts if not "\u0300" <= one <= "\u036f")
    return unicodedata.normalize("NFKC", " ".join(letters.split()))


def _counts(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM"


_KNOWN = frozenset(_plain(word) for words in WORDS.values() for word in words)
