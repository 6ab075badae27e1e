"""`arqlight catalogue`: every queue and job type that is declared here, without a server."""

from typing import Any

from arqlight import output
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
from arqlight_core.operations.declared import PACKAGE
from arqlight_core.policy import spoken
from arqlight_core.policy.spelling import print_priority
from arqlight_core.store.declarations import declarations


def catalogue(*, markdown: bool = False, json: bool = False) -> None:
    """Every declared queue and job type, with its terms.

    Args:
        markdown: Print a page of Markdown with all that is declared.
        json: Print JSON.
    """
    declared = Catalogue.discover(PACKAGE)
    if markdown:
        from arqlight.catalogue_page import page  # noqa: PLC0415 - needed by nobody else

        output.say(page(declared).removesuffix("\n"))
    elif json:
        output.as_json(declarations(declared.queues.values()))
    else:
        columns = ["job type", "queue", "priority", "attempts", "timeout", "begins by itself", "does"]
        output.table(columns, map(_row, declared.job_types.values()), ["begins by itself", "priority", "queue"])


def _row(job: JobType[Any]) -> list[object]:
    crons = [one.cron for one in job.queue.schedules.values() if one.job_type == job.name]
    terms = [print_priority(job.priority), job.retry.attempts, spoken(job.timeout), ", ".join(crons) or "-"]
    return [job.name, job.queue.name, *terms, job.description]
