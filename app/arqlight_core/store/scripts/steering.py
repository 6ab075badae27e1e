"""Calls by which operators steer queues and workers that run, and by which these learn of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Override:
    """A value that stands in for a declared one: who set it, why, when and until when (ms; 0 = until restored)."""

    value: str
    by: str
    reason: str
    at_ms: int
    until_ms: int

    def stands(self, now_ms: int) -> bool:
        """Whether it counts at this moment of the server's clock."""
        return not self.until_ms or self.until_ms > now_ms


@dataclass(frozen=True, slots=True)
class Request:
    """What a worker is asked for (quiet, resume or stop), by whom, why and when (ms)."""

    what: str
    by: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Orders:
    """What operators have ordered: overrides by queue and setting, expired ones included, and requests by worker."""

    now_ms: int
    overrides: dict[str, dict[str, Override]]
    requests: dict[str, Request]

    def standing(self, queue: str) -> dict[str, Override]:
        """The overrides of a queue that count."""
        told = self.overrides.get(queue, {})
        return {setting: override for setting, override in told.items() if override.stands(self.now_ms)}

    @property
    def expired(self) -> list[tuple[str, str]]:
        """Queue and setting of each override whose time is over."""
        each = ((queue, setting, one) for queue, told in self.overrides.items() for setting, one in told.items())
        return [(queue, setting) for queue, setting, one in each if not one.stands(self.now_ms)]


def override(name: str, setting: str, value: str, by: str, reason: str, lasting_ms: int) -> Call[int]:
    """Override a live setting of the queue of that name; answers until when (ms), 0 = until it is restored."""
    return Call("override", SHARED, (name, setting, value, by, reason, lasting_ms), int)


def restore(name: str, setting: str, by: str, reason: str) -> Call[bool]:
    """End an override; with an empty `by` only one whose time is over. False when there was none."""
    return Call("restore", SHARED, (name, setting, by, reason), bool)


def request(worker: str, what: str, by: str, reason: str, kept_ms: int) -> Call[int]:
    """Ask a worker for something; answers when (ms)."""
    return Call("request", SHARED, (worker, what, by, reason, kept_ms), int)


def orders(workers: Sequence[str]) -> Call[Orders]:
    """All live settings, and what these workers are asked for."""
    return Call("orders", SHARED, workers, lambda answer: _orders(workers, answer))


def _orders(workers: Sequence[str], answer: list[Any]) -> Orders:
    now_ms, told, *requests = answer
    overrides = dict[str, dict[str, Override]]()
    for field, text in zip(told[::2], told[1::2], strict=True):
        queue, _, setting = field.decode().partition(" ")
        overrides.setdefault(queue, {})[setting] = msgspec.json.decode(text, type=Override)
    asked = zip(workers, requests, strict=True)
    heard = {worker: msgspec.json.decode(text, type=Request) for worker, text in asked if text}
    return Orders(now_ms, overrides, heard)
