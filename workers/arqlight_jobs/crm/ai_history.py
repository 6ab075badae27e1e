"""What of a conversation a model is sent: as much of its end as the budget of tokens and turns allows."""

from collections.abc import Sequence

from arqlight_jobs.crm.conversations import Turn
from arqlight_jobs.providers.openai import Line, tokens_of

MOST_TURNS = 20

OVERHEAD = 8
"""Tokens that a message costs beside its text; the models known take 3 or 4."""

CUT = " […]"
"""What an answer ends with that the model was not let finish; a person sees it, and the model next time."""


def fitted(turns: Sequence[Turn], instructions: str, budget: int) -> list[Line]:
    """The instructions and the last turns within the budget; the very last one always.

    `budget` is in tokens as `tokens_of` counts them, which is more than there will be.
    """
    head = [Line("system", instructions)] if instructions else []
    left = budget - sum(_cost(line.content) for line in head)
    kept: list[Line] = []
    for turn in reversed(turns[-MOST_TURNS:]):
        left -= _cost(turn.text)
        if left < 0 and kept:
            break
        kept.append(Line(turn.role, turn.text))
    return [*head, *reversed(kept)]


def _cost(text: str) -> int:
    return tokens_of(text) + OVERHEAD
