"""Every declared queue and job type, found and checked as a whole."""

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arqlight_core.declaration import JobType, Queue
from arqlight_core.declaration_checks import problems_of
from arqlight_core.errors import CatalogueInvalid, JobTypeNotFound


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every declared queue and job type, checked as a whole."""

    queues: dict[str, Queue]
    job_types: dict[str, JobType[Any]]

    @classmethod
    def of(cls, queues: Iterable[Queue]) -> "Catalogue":
        """The catalogue of these queues. Raises CatalogueInvalid with every problem found."""
        listed = list(queues)
        problems = problems_of(listed)
        if problems:
            raise CatalogueInvalid(_sentence(problems))
        types = {job.name: job for queue in listed for job in queue.job_types.values()}
        for queue in listed:
            queue.relatives = types
        return cls({queue.name: queue for queue in listed}, types)

    @classmethod
    def discover(cls, package: str) -> "Catalogue":
        """Every queue declared at the top level of a module under the package. Raises CatalogueInvalid."""
        queues: dict[int, Queue] = {}
        broken: list[str] = []
        for name in _module_names(package):
            try:
                module = importlib.import_module(name)
            except Exception as problem:  # noqa: BLE001 - a module that does not import is one more problem to list
                broken.append(f"module {name} does not import ({type(problem).__name__}: {problem})")
                continue
            queues |= {id(value): value for value in vars(module).values() if isinstance(value, Queue)}
        if broken:
            raise CatalogueInvalid(_sentence(broken + problems_of(list(queues.values()))))
        return cls.of(queues.values())

    def job_type(self, name: str) -> JobType[Any]:
        """The job type of that name. Raises JobTypeNotFound listing the known ones."""
        try:
            return self.job_types[name]
        except KeyError:
            known = ", ".join(sorted(self.job_types))
            raise JobTypeNotFound(f"There is no job type {name}; known are: {known}.") from None


def _module_names(package: str) -> list[str]:
    root = importlib.import_module(package)
    return [package, *(found.name for found in pkgutil.walk_packages(root.__path__, f"{package}."))]


def _sentence(problems: list[str]) -> str:
    return "The catalogue is not valid: " + "; ".join(problems) + "."
