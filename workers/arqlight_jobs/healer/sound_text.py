"""Text that can be sent and kept anywhere. What a site calls its files, or says, need not be valid Unicode."""

import json
from typing import Any


def sound_text(text: str) -> str:
    """The text with a `?` for each sign that stands for bytes which are no text."""
    return text.encode(errors="replace").decode()


def sound_json(told: Any) -> Any:
    """Plain values as JSON knows them, all text in them sound."""
    return json.loads(json.dumps(told, ensure_ascii=False).encode(errors="replace"))
