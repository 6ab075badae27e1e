"""Rules over groups of rows, each as one ordered pass over the kept records.

The database sorts; here one group is summed up at a time and then forgotten, so memory does not grow with the file.
"""

from collections.abc import AsyncGenerator, Hashable, Iterable
from typing import Any

from sqlalchemy import Row as Record
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_jobs.billing.findings import Finding
from arqlight_jobs.billing.lines import LINE_COLUMNS, Grouping, Line, Tally
from arqlight_jobs.billing.rules import Rule
from arqlight_jobs.billing.tables import billing_records as records
from arqlight_jobs.billing.tariff import Tariff
from arqlight_jobs.offload import in_thread

PAGE = 2000


class GroupScan:
    """Feeds ordered lines to a fresh tally per group and turns flaws into findings."""

    def __init__(self, rule: Rule, grouping: Grouping, tariff: Tariff) -> None:
        self._rule = rule
        self._grouping = grouping
        self._tariff = tariff
        self._key: Hashable = None
        self._tally: Tally | None = None

    def feed(self, lines: Iterable[Line]) -> list[Finding]:
        """Findings that became certain with these lines."""
        found: list[Finding] = []
        for line in lines:
            key = self._grouping.key_of(line)
            if self._tally is None or key != self._key:
                found += self.close()
                self._key, self._tally = key, self._grouping.tally(self._tariff)
            if flaw := self._tally.add(line):
                found.append(self._rule.finding(line.row_no, flaw))
        return found

    def close(self) -> list[Finding]:
        """What the last group says as a whole; its finding stands at the first of its rows."""
        flaw = self._tally.close() if self._tally is not None else None
        self._tally = None
        return [self._rule.finding(flaw.rows[0], flaw)] if flaw else []


def ordered(run_id: str, grouping: Grouping, tariff: Tariff) -> Select[Any]:
    """The lines of a run that a rule looks at, in the order it needs them."""
    needed = [records.c[name] for name in (*grouping.key, *(("day",) if grouping.yearly else ()))]
    order = [records.c[name] for name in (*grouping.also, *grouping.then)]
    complete = (column.is_not(None) for column in needed)
    chosen = select(*LINE_COLUMNS).where(records.c.run_id == run_id, *complete, grouping.only(tariff, run_id))
    return chosen.order_by(*needed, *order, records.c.row_no)


async def scan(
    engine: AsyncEngine, run_id: str, rule: Rule, grouping: Grouping, tariff: Tariff
) -> AsyncGenerator[tuple[int, list[Finding]]]:
    """Yields, page by page, how many lines were read and what was found in them."""
    group_scan = GroupScan(rule, grouping, tariff)
    async with engine.connect() as connection:
        lines = await connection.stream(ordered(run_id, grouping, tariff), execution_options={"yield_per": PAGE})
        async for page in lines.partitions():
            yield len(page), await in_thread(lambda page=page: group_scan.feed(_lines(page)))
    yield 0, group_scan.close()


def _lines(page: Iterable[Record[Any]]) -> Iterable[Line]:
    return (Line(*record) for record in page)
