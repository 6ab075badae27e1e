"""What Telegram's refusals say, by their words, and what each means for the job and the chat.

Telegram documents statuses and `parameters` alone; the words are those that its servers are known to answer with.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from arqlight_jobs.outbound.verdict import Verdict


class Meaning(StrEnum):
    """What a refusal says, in words that fit into a reason."""

    NO_CHAT = "the chat is not found"
    BLOCKED = "the user has blocked the bot"
    KICKED = "the bot was put out of the chat"
    DEACTIVATED = "the user's account or the group is no more"
    NEVER_STARTED = "the user has never written to the bot"
    NO_RIGHTS = "the bot may not write in the chat"
    MOVED = "the group has become a supergroup"
    UNREADABLE = "the marks in the text are none of the parse mode's"
    BAD_TEXT = "the text is empty or too long"
    POLLED_TWICE = "something else takes the bot's updates: a webhook, or another poll"


PHRASES: Mapping[str, Meaning] = MappingProxyType(
    {
        "chat not found": Meaning.NO_CHAT,
        "peer_id_invalid": Meaning.NO_CHAT,
        "user not found": Meaning.NO_CHAT,
        "bot was blocked by the user": Meaning.BLOCKED,
        "bot was kicked": Meaning.KICKED,
        "bot is not a member": Meaning.KICKED,
        "user is deactivated": Meaning.DEACTIVATED,
        "group chat was deactivated": Meaning.DEACTIVATED,
        "group chat was deleted": Meaning.DEACTIVATED,
        "can't initiate conversation": Meaning.NEVER_STARTED,
        "can't send messages to bots": Meaning.NEVER_STARTED,
        "not enough rights": Meaning.NO_RIGHTS,
        "have no rights to send": Meaning.NO_RIGHTS,
        "chat_write_forbidden": Meaning.NO_RIGHTS,
        "need administrator rights": Meaning.NO_RIGHTS,
        "upgraded to a supergroup": Meaning.MOVED,
        "can't parse entities": Meaning.UNREADABLE,
        "can't find end of": Meaning.UNREADABLE,
        "message text is empty": Meaning.BAD_TEXT,
        "message is too long": Meaning.BAD_TEXT,
        "terminated by other getupdates": Meaning.POLLED_TWICE,
        "webhook is active": Meaning.POLLED_TWICE,
    }
)
"""By what a description holds, in small letters: Telegram has no other code of them. One that says nothing of these
counts by its status."""

VERDICTS: Mapping[Meaning, Verdict] = MappingProxyType(
    {meaning: Verdict.CONFIG if meaning is Meaning.POLLED_TWICE else Verdict.PERMANENT for meaning in Meaning}
)

GONE = frozenset(
    {
        Meaning.NO_CHAT,
        Meaning.BLOCKED,
        Meaning.KICKED,
        Meaning.DEACTIVATED,
        Meaning.NEVER_STARTED,
        Meaning.NO_RIGHTS,
    }
)
"""Refusals after which no message reaches the chat, whatever it says."""
