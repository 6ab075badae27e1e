"""What is hidden in texts of a site before they are kept: secrets, cookies, persons, and where the site lies.

Every pattern is linear in the text: whoever wrote it may be an intruder.
"""

import re
from pathlib import Path

from arqlight_core.secrecy import HIDDEN, masked_secrets, masked_text

ROOT = "{root}"
"""Stands for the site's folder."""

_RULES = [
    (re.compile(pattern, re.IGNORECASE), kept)
    for pattern, kept in (
        (
            r"(define\s{0,9}\(\s{0,9}['\"](?:DB_\w{1,40}|\w{1,40}_(?:KEY|SALT))['\"]\s{0,9},\s{0,9})[^\r\n]{1,999}",
            r"\1",
        ),
        (
            (
                r"((?:mysqli?_\w{0,12}connect|(?:wpdb|mysqli|PDO)->(?:__construct|real_connect|connect)"
                r"|wp_(?:authenticate|signon|check_password|set_password|hash_password|create_user)\w{0,40})\()"
                r"[^\r\n]{1,999}"
            ),
            r"\1",
        ),
        (
            (
                r"((?:pass(?:word|wd|phrase)?|pwd|secret|token)['\"]?\]?\s{0,9}=>?\s{0,9})"
                r"(?:'[^'\r\n]{1,999}|\"[^\"\r\n]{1,999}|[^\s'\"&]{1,999})"
            ),
            r"\1",
        ),
        (r"(wordpress(?:_logged_in|_sec)?_[0-9a-f]{8,64}=)[^\s;'\"]{1,999}", r"\1"),
        (r"(wp-settings-[\w-]{1,40}=)[^\s;'\"]{1,999}", r"\1"),
        (r"(set-cookie:)[^\r\n]{1,4000}", r"\1 "),
        (r"(nonce\w{0,40}(?:['\"]\s{0,9}value)?['\"]?\s{0,9}[:=]\s{0,9}['\"]?)[\w-]{6,64}", r"\1"),
        (r"(PHPSESSID=)[\w,-]{1,256}", r"\1"),
        (r"((?:for user|using) ')[^'\r\n]{1,80}('@)", r"\1"),
        (r"(\bclient:? )(?=\S{0,45}[:.])[0-9a-f:.]{3,52}", r"\1"),
    )
]
_ADDRESS = re.compile(r"(?<![\w.])(?!127\.0\.0\.1\b)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)[\w.@-]{1,64}")


def redacted(text: str, root: Path | None = None) -> str:
    """The text without secrets, cookies, addresses of persons, and absolute paths of homes and of the site."""
    if root is not None:
        text = text.replace(str(root), ROOT)
    for pattern, kept in _RULES:
        text = pattern.sub(rf"{kept}{HIDDEN}", text)
    text = masked_text(masked_secrets(text))
    return _HOME.sub("~", _ADDRESS.sub(HIDDEN, text))
