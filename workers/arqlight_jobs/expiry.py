"""What domains declare to be forgotten: rows by age, and files that no record refers to any more.

Each domain has its declarations in a module `expiring`; retention finds them there and needs to know no domain.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from re import Pattern
from types import ModuleType
from typing import Any

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.policy import DAY
from arqlight_core.settings import Settings

BATCH = 500
"""Rows that are deleted in one transaction."""

PACKAGE = "arqlight_jobs"


@dataclass(frozen=True, slots=True)
class Category:
    """Rows of a table that go when `at` is old enough; what refers to them goes with them."""

    name: str
    table: Table
    at: Column[Any]
    """Since when a row is over; a row without it stays."""
    where: ColumnElement[bool] | None = None
    """Which rows may go at all."""
    batch: int = BATCH
    parts: tuple[Column[Any], ...] = ()
    """Columns that refer to such a row from many others: those go first, in transactions of `BATCH` rows."""


@dataclass(frozen=True, slots=True)
class ArtifactRoot:
    """A folder of files that records refer to. Only what lies at that depth under a name of that pattern is ours."""

    name: str
    folder: Callable[[Settings], Path]
    depth: int
    """1: the folder's own entries; 2: those of its folders."""
    pattern: Pattern[str]
    """Of the entry's path within the folder, whole, with `/` between its parts."""
    table: Table
    """Where the records are; while there is no such table, the folder is left alone."""
    living: Callable[[AsyncConnection], Awaitable[frozenset[str]]]
    """The paths within the folder that records refer to."""
    age: timedelta = DAY
    """How long an entry without a record is left: its record may be on the way."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """All that is declared."""

    categories: tuple[Category, ...]
    roots: tuple[ArtifactRoot, ...]


def discovered(package: str = PACKAGE) -> Expiring:
    """What the domains of the package declare."""
    root = importlib.import_module(package)
    names = [f"{package}.{one.name}.expiring" for one in pkgutil.iter_modules(root.__path__) if one.ispkg]
    modules = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return Expiring(_all(modules, Category), _all(modules, ArtifactRoot))


def _all(modules: list[ModuleType], kind: type[Any]) -> tuple[Any, ...]:
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, kind))
