"""What can be done to jobs, by name: an action takes a few at a time, for whoever carries a bulk operation out."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State, Transition
from arqlight_core.selection import Candidate
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Acted, Call, Step


@dataclass(frozen=True, slots=True)
class Chunk:
    """The jobs that one step is about."""

    store: Store
    queue: QueueKeys
    step: Step
    jobs: Sequence[Candidate]

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [job.job_id for job in self.jobs]


Doing = Callable[..., Call[Acted] | Awaitable[Acted]]


@dataclass(frozen=True, slots=True)
class Action:
    """One row of ACTIONS: `do` takes a chunk and its own arguments, and answers the call that acts, or acts itself."""

    name: str
    transition: Transition
    do: Doing
    check: Callable[..., None] | None = None
    """Raises UsageError for arguments that do not fit together."""
    guarded: frozenset[State] = frozenset()
    """To jobs in these states the fleet does it only for who may write jobs: an order needs a warrant for them."""
    brings: bool = False
    """It brings a payload along. The fleet does not carry it: who may write an order may write no payload."""

    @property
    def own(self) -> dict[str, inspect.Parameter]:
        """The arguments that are its own."""
        _, *own = inspect.signature(self.do, eval_str=True).parameters.values()
        return {parameter.name: parameter for parameter in own}

    def plain(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as an order keeps them. Raises UsageError for one that is of another kind, or unknown."""
        if unknown := ", ".join(arguments.keys() - self.own.keys()):
            raise UsageError(f"{self.name} takes no argument {unknown}.")
        if self.check:
            self.check(**arguments)
        plain: dict[str, Any] = msgspec.to_builtins(dict(arguments))
        for name, value in plain.items():
            self._converted(name, value)
        return plain

    def _converted(self, name: str, value: Any) -> Any:
        try:
            return msgspec.convert(value, self.own[name].annotation)
        except msgspec.ValidationError as problem:
            choices = get_args(self.own[name].annotation)
            told = f"it is one of {', '.join(choices)}" if choices and isinstance(choices[0], str) else problem
            raise UsageError(f"{value!r} cannot be the {name} of {self.name}: {told}.") from problem

    async def act(self, chunk: Chunk, arguments: Mapping[str, Any]) -> Acted:
        """Do it to these jobs; the arguments are as an order keeps them."""
        typed = {name: self._converted(name, value) for name, value in arguments.items()}
        doing = self.do(chunk, **typed)
        if isinstance(doing, Call):
            return await chunk.store.run(doing)
        return await doing


ACTIONS: dict[str, Action] = {}
