"""One attempt at validating a file: parse, insert, rules, results.

Memory stays flat however long the file is: rows are parsed a batch at a time and parked on disk, batches of 500 go
into the database, rules over several rows read them back in order, and findings wait on disk for their turn. Rules
for single rows run while the row is in hand, so that what names a person never leaves the process unsealed.
CPU work runs in threads, in chunks far below a lease; all writing happens on the event loop, so that a cancellation
stops it at once.
"""

from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from arqlight_core import clock
from arqlight_core.run import Run
from arqlight_jobs.billing import uploads
from arqlight_jobs.billing.columns import Layout, known_names
from arqlight_jobs.billing.findings import Finding
from arqlight_jobs.billing.keeping import Record, record_of
from arqlight_jobs.billing.ledger import Ledger
from arqlight_jobs.billing.progress import REPORT_ROWS, Progress, Step
from arqlight_jobs.billing.reading import RowReader, layout_of
from arqlight_jobs.billing.records import Records
from arqlight_jobs.billing.rules import GROUPED, row_findings
from arqlight_jobs.billing.runlog import SafeMetadata
from arqlight_jobs.billing.scan import scan
from arqlight_jobs.billing.spool import Spool
from arqlight_jobs.billing.tariff import Basis
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.reading import open_text
from arqlight_jobs.tabular.survey import Survey

BATCH = 500
"""Rows per transaction."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file of the attempt and how to read it."""

    path: Path
    encoding: str
    layout: Layout
    rows: int
    """An estimate, from the lines."""


@dataclass(slots=True)
class Attempt:
    """What the steps share."""

    run: Run
    records: Records
    ledger: Ledger
    basis: Basis
    progress: Progress
    severities: Counter[str] = field(default_factory=Counter[str])
    rules: Counter[str] = field(default_factory=Counter[str])

    async def validate(self, file_id: str) -> dict[str, Any]:
        """Take every step and return the totals. Raises FileUnusable, LeaseLost, and whatever a database raises."""
        settings = self.records.settings
        began = clock.monotonic()
        source = await self._survey(await in_thread(partial(uploads.verified, settings, file_id)))
        folder = uploads.folder(settings)
        with Spool(Record, folder, BATCH) as rows, Spool(Finding, folder, BATCH) as findings:
            await self._parse(source, rows, findings)
            await self._insert(rows)
            await self._apply_rules(rows.count, findings)
            await self._store_results(findings)
            totals = self._totals(rows.count, findings.count)
        await self._log("completed", SafeMetadata(progress=100, durations={"total": clock.monotonic() - began}))
        await self.ledger.complete(totals)
        return totals

    async def _survey(self, path: Path) -> Source:
        with Survey(path, known_names) as survey:
            while await in_thread(survey.step):
                pass
            encoding = await in_thread(survey.encoding)
        layout = await in_thread(partial(layout_of, path, encoding))
        facts = SafeMetadata(encoding=encoding, delimiter=layout.delimiter, counts={"lines": survey.rows})
        await self._log("recognised", facts)
        return Source(path, encoding, layout, survey.rows)

    async def _parse(self, source: Source, rows: Spool[Record], findings: Spool[Finding]) -> None:
        with open_text(source.path, source.encoding) as text:
            reader = RowReader(text, source.layout, self.basis.today)
            while await in_thread(partial(self._parse_batch, reader, source.rows, rows, findings)):
                await self.progress.save()
        if not rows.count:
            raise FileUnusable(Fault.NO_ROWS, "The file has a header and no rows.")
        await self._reached(Step.PARSE, SafeMetadata(counts={"rows": rows.count, "findings": findings.count}))

    def _parse_batch(self, reader: RowReader, expected: int, rows: Spool[Record], findings: Spool[Finding]) -> bool:
        for _ in range(BATCH // REPORT_ROWS):
            some = reader.read(REPORT_ROWS)
            rows.append([record_of(row, self.records.vault) for row in some])
            self._park([finding for row in some for finding in row_findings(row, self.basis)], findings)
            self.progress.reach(Step.PARSE, reader.count, expected)
            if len(some) < REPORT_ROWS:
                return False
        return True

    async def _insert(self, rows: Spool[Record]) -> None:
        done = 0
        batches = rows.batches()
        while batch := await in_thread(partial(next, batches, None)):
            done += len(batch)
            await self.ledger.add_records(batch, self.progress.reach(Step.INSERT, done, rows.count))
        await self._reached(Step.INSERT, SafeMetadata(counts={"rows": rows.count}))

    async def _apply_rules(self, rows: int, findings: Spool[Finding]) -> None:
        for number, (rule, grouping) in enumerate(GROUPED):
            seen = 0
            async with aclosing(
                scan(self.ledger.engine, self.ledger.run_id, rule, grouping, self.basis.tariff)
            ) as pages:
                async for lines, found in pages:
                    seen += lines
                    self._park(found, findings)
                    self.progress.reach(Step.RULES, number * rows + seen, len(GROUPED) * rows)
                    await self.progress.save()
            self.progress.reach(Step.RULES, number + 1, len(GROUPED))
        await self._reached(Step.RULES, SafeMetadata(counts={"findings": findings.count}))

    async def _store_results(self, findings: Spool[Finding]) -> None:
        done = 0
        batches = findings.batches()
        while batch := await in_thread(partial(next, batches, None)):
            percent = self.progress.reach(Step.RESULTS, done + len(batch), findings.count)
            await self.ledger.add_findings(batch, done + 1, percent)
            done += len(batch)
        await self._reached(Step.RESULTS, SafeMetadata(counts={"findings": findings.count}))

    def _park(self, found: list[Finding], findings: Spool[Finding]) -> None:
        findings.append(found)
        self.severities.update(finding.severity.value for finding in found)
        self.rules.update(finding.rule for finding in found)

    def _totals(self, rows: int, findings: int) -> dict[str, Any]:
        return {
            "rows": rows,
            "findings": findings,
            "severities": dict(sorted(self.severities.items())),
            "rules": dict(sorted(self.rules.items())),
        }

    async def _reached(self, step: Step, facts: SafeMetadata) -> None:
        self.progress.reach(step, 1, 1)
        await self.progress.milestone()
        await self._log(f"{step.label} done", facts)

    async def _log(self, message: str, facts: SafeMetadata) -> None:
        self.run.log(message)
        await self.ledger.log("validation", message, facts)
