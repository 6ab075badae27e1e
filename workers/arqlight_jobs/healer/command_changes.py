"""How commands, hooks and looks at a site are carried out, and how what they changed is taken back."""

from collections.abc import Sequence
from typing import Any, assert_never

from arqlight_jobs.healer.changes import Command, Hook, Provoke, Recheck, Wait
from arqlight_jobs.healer.hands import CommandFailed, Hands, Words
from arqlight_jobs.healer.journal import Line
from arqlight_jobs.healer.packing import Check
from arqlight_jobs.offload import in_thread_until_cancelled

CommandChange = Command | Hook | Wait | Recheck | Provoke
OUTDATED_S = 3.0
"""So long PHP may go on to write to a log with settings that have been taken back: its opcache looks every two."""

ANSWER = "{}"
"""What stands in the words of an undo for the answer of before."""


async def remembered(hands: Hands, number: int, change: CommandChange) -> dict[str, Any]:
    """What an undo needs. Raises OSError, PathRefused and CommandFailed."""
    match change:
        case Command():
            answer = await _answer_of_before(hands, change)
            return {"answer": answer, "kept": await _keep(hands, number, change.touches)}
        case Provoke():
            return {"kept": await _keep(hands, number, change.touches)}
        case Hook() | Wait() | Recheck():
            return {}


async def made(hands: Hands, change: CommandChange) -> bool:
    """Carry it out. Answers whether what follows from its working may follow. Raises CommandFailed."""
    match change:
        case Command():
            await hands.run(change.words)
        case Hook():
            await hands.run_hook(change.name)
        case Wait():
            await hands.pause(change.time.total_seconds())
        case Recheck():
            await hands.pause(change.after.total_seconds())
            return await hands.is_well()
        case Provoke():
            await hands.is_well()
        case _:
            assert_never(change)
    return True


async def undone(hands: Hands, number: int, change: CommandChange, line: Line) -> bool:
    """Take back what it changed. Answers whether files were put into quarantine for it. Raises CommandFailed."""
    was = line.was
    if was is None or not isinstance(change, Command | Provoke):
        return False
    if isinstance(change, Command) and change.undo:
        await _take_back(hands, change, was["answer"])
    if isinstance(change, Provoke) and change.touches:
        await hands.pause(OUTDATED_S)
    return await _put_back(hands, number, change.touches, was["kept"])


async def _answer_of_before(hands: Hands, change: Command) -> str:
    answer = await hands.asked(change.asks) if change.asks else ""
    # As a word of the undo `-` would be taken for an option, and an option can run code. And what is more than one line
    # is not the value alone, but what the site's own code has printed before it.
    if answer.startswith("-") or not answer.isprintable():
        raise CommandFailed(f"What `{' '.join(change.asks[:3])}` answers could not be put back.")
    return answer


async def _take_back(hands: Hands, change: Command, answer: str) -> None:
    """Set what was set before, unless it is; what can be asked is asked again."""
    if change.asks and await _answer(hands, change.asks) == answer:
        return
    await hands.run(tuple(answer if word == ANSWER else word for word in change.undo))
    if change.asks and (now := await hands.asked(change.asks)) != answer:
        told = " ".join(change.asks[:3])
        raise CommandFailed(f"`{told}` does not answer as before the fix ({len(now)} characters, not {len(answer)}).")


async def _answer(hands: Hands, words: Words) -> str | None:
    try:
        return await hands.asked(words)
    except CommandFailed:
        return None


async def _keep(hands: Hands, number: int, touches: Sequence[str]) -> list[str]:
    def kept(check: Check) -> list[str]:
        return [hands.bench(check).keep(number, part, path) for part, path in enumerate(touches)]

    return await in_thread_until_cancelled(kept)


async def _put_back(hands: Hands, number: int, touches: Sequence[str], kept: Sequence[str]) -> bool:
    parts = [*enumerate(zip(touches, kept, strict=True))]

    def put_back(check: Check) -> list[bool]:
        return [hands.bench(check).put_back(number, part, path, told) for part, (path, told) in reversed(parts)]

    return any(await in_thread_until_cancelled(put_back))
