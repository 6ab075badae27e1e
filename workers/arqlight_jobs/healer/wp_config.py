"""wp-config.php as text: constants read and set, without running it and without touching anything else in it."""

import re
from collections.abc import Mapping

from arqlight_core.errors import ArqlightError

WP_CONFIG = "wp-config.php"
_ENDS = (
    re.compile(rb"^[ \t]*/\*[^\n]*stop editing", re.MULTILINE | re.IGNORECASE),
    re.compile(rb"^[ \t]*(?:require|include)(?:_once)?\b[^\n]*wp-settings\.php", re.MULTILINE),
)
"""Before what a constant must stand, to be known to WordPress."""

_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_FIRST = re.compile(rb"^[ \t]*(?:declare[ \t]*\(|namespace\b)", re.MULTILINE | re.IGNORECASE)
"""PHP takes these only before all else."""

_OPENING = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?php\b[^\n]*\n", re.IGNORECASE)


class ConfigUnusual(ArqlightError):
    """The file is not built as WordPress builds it; a person has to change it."""


def with_constants(content: bytes, constants: Mapping[str, str]) -> bytes:
    """The file with these constants; values are PHP, such as `true` or what `quoted` gives. Raises ConfigUnusual."""
    for name, value in constants.items():
        content = _with_constant(content, name, value)
    return content


def quoted(text: str) -> str:
    """A text as PHP."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def has_true(content: bytes, name: str) -> bool:
    """Whether the constant is defined as true."""
    return _definition(name, rb"true").search(_COMMENT.sub(_blanked, content)) is not None


def _blanked(comment: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\n]", b" ", comment[0])


def _with_constant(content: bytes, name: str, value: str) -> bytes:
    line = f"define( '{name}', {value} );".encode()
    plain = _COMMENT.sub(_blanked, content)  # as long as the content: what is commented out defines nothing
    found = list(_definition(name, rb"[^;\n]*?").finditer(plain))
    for one in reversed(found):
        content = content[: one.start()] + one["indent"] + line + content[one.end() :]
    if found:
        return content
    if name.encode() in content:  # in a condition or a comment: the first definition counts, so ours stands first
        return _inserted(content, _after_opening(content), line)
    return _inserted(content, _before_end(content), line)


def _definition(name: str, value: bytes) -> re.Pattern[bytes]:
    told = re.escape(name.encode())
    return re.compile(
        rb"^(?P<indent>[ \t]*)define\s*\(\s*(?P<quote>['\"])" + told + rb"(?P=quote)\s*,\s*" + value + rb"\s*\)\s*;",
        re.MULTILINE | re.IGNORECASE,
    )


def _inserted(content: bytes, at: int, line: bytes) -> bytes:
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    return content[:at] + line + ending + content[at:]


def _after_opening(content: bytes) -> int:
    found = _OPENING.search(content)
    if found is None or b"?>" in found[0] or b"/*" in _COMMENT.sub(b"", found[0]):
        raise ConfigUnusual(f"{WP_CONFIG} does not begin with `<?php` on a line of its own.")
    if _FIRST.search(content):
        raise ConfigUnusual(f"{WP_CONFIG} begins with what nothing may stand before.")
    return found.end()


def _before_end(content: bytes) -> int:
    found = [match.start() for match in (end.search(content) for end in _ENDS) if match]
    if not found:
        raise ConfigUnusual(f"{WP_CONFIG} does not load wp-settings.php, so that nothing can be set in it.")
    return min(found)
