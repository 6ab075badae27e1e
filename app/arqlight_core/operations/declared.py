"""Job types whose code can be imported where an operator is: to check a payload, and to know its unique key."""

import functools
from typing import Any

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
from arqlight_core.errors import JobTypeNotFound

PACKAGE = "arqlight_jobs"


@functools.cache
def catalogue() -> Catalogue | None:
    """Everything that is declared in this installation; None when the job types are not part of it."""
    try:
        return Catalogue.discover(PACKAGE)
    except ModuleNotFoundError:
        return None


def job_type(name: str) -> JobType[Any] | None:
    """The job type of that name, if its code is here."""
    known = catalogue()
    return known.job_types.get(name) if known else None


def needed_job_type(name: str) -> JobType[Any]:
    """The job type of that name. Raises JobTypeNotFound, listing the known ones."""
    known = catalogue()
    if known is None:
        raise JobTypeNotFound(f"There is no job type {name} here: no package {PACKAGE} is installed.")
    return known.job_type(name)
