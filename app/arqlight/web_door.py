"""Who may come in from a browser: whoever brings the token of the address, and then has a cookie to show.

A token that was made here lets one browser in; the next one is made then. A token that was given goes on working.
"""

import hmac
import secrets
from collections.abc import Callable

TOKEN_BYTES = 24


class Door:
    """Compares what is brought with what is wanted, in the same time whatever differs."""

    def __init__(self, given: str, renewed: Callable[[str], None]) -> None:
        self._given, self._renewed = given, renewed
        self._sessions = set[str]()
        self.token = given or secrets.token_urlsafe(TOKEN_BYTES)
        """What the next browser must bring."""

    def admit(self, token: str) -> str:
        """The cookie of a new session; empty when the token is wrong."""
        if not _same(token, self.token):
            return ""
        session = secrets.token_urlsafe(TOKEN_BYTES)
        self._sessions.add(session)
        if not self._given:
            self.token = secrets.token_urlsafe(TOKEN_BYTES)
            self._renewed(self.token)
        return session

    def knows(self, session: str) -> bool:
        """Whether this cookie was given to somebody."""
        return any(_same(session, known) for known in self._sessions)


def _same(brought: str, wanted: str) -> bool:
    return hmac.compare_digest(brought.encode(), wanted.encode())
