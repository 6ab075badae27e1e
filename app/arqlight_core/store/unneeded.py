"""Puts off what the Redis client imports and hardly anybody needs."""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands in a module's place until something of it is used; `importlib`'s LazyLoader loads it on import already."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def put_off(name: str) -> None:
    """Have a module loaded when it is first used, rather than when it is imported; one that is loaded stays."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is not None:
        later = _Later(name)
        later.__spec__ = spec
        sys.modules[name] = later
