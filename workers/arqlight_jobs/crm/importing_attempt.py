"""One attempt at an import: chunk by chunk into the database, from where the last attempt came to.

Memory stays flat however long the file is: one chunk of rows is in hand. CPU work runs in threads, in pieces far
below a lease; all writing happens on the event loop, so that a cancellation stops it at once.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from arqlight_core.run import Run
from arqlight_jobs.crm.custody import Custody, Status
from arqlight_jobs.crm.importing_fields import Layout, layout_of, located
from arqlight_jobs.crm.importing_rows import Reject, Row, read
from arqlight_jobs.crm.importing_upserts import Tally, upsert
from arqlight_jobs.crm.tables.data import import_rejects, imports
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.drafts import drafted
from arqlight_jobs.tabular.faults import Fault, FileUnusable, check_size
from arqlight_jobs.tabular.reading import RecordReader, first_lines, open_text
from arqlight_jobs.tabular.survey import Survey

CHUNK = 500
"""Rows in one transaction."""

RIVALS = 3
"""How often a chunk is tried while others take the same addresses in."""

SNIFFED, READ = 5, 95
"""Percent: the file is understood, its rows are in."""

PAGE = 5000
"""Rows that are passed over, and rejects that are read, at a time."""


@dataclass(slots=True)
class Attempt:
    """What the steps share. `position` is the number of rows that are done with."""

    run: Run
    custody: Custody
    tenant: str
    region: str
    mapping: dict[str, str]
    path: Path
    rejects: Path
    position: int

    async def take_in(self) -> None:
        """Take every step. Raises FileUnusable, LeaseLost, and whatever a database raises."""
        await in_thread(partial(_check, self.path))
        encoding = await self._encoding()
        layout = layout_of(await in_thread(lambda: first_lines(self.path, encoding)), self.mapping)
        total = await self._counted(encoding, layout)
        self.run.progress(SNIFFED, 100, "sniffed")
        self.run.log(
            f"{encoding}, {len(layout.found)} of {layout.width} columns, {total} rows from {self.position + 1} on"
        )
        await self._read(encoding, layout, total)
        self.run.progress(READ, 100, "rows")
        await self._name_rejects()
        await self.custody.ended(Status.DONE)
        self.run.progress(100, 100, "done")

    async def _encoding(self) -> str:
        with Survey(self.path, lambda header: len(located(header, self.mapping))) as survey:
            while await in_thread(survey.step):
                pass
            return await in_thread(survey.encoding)

    async def _counted(self, encoding: str, layout: Layout) -> int:
        """How many rows there are. So a file that cannot be read to its end is refused before any of it is taken in."""
        with open_text(self.path, encoding) as text:
            reader = RecordReader(text, layout.delimiter)
            while await in_thread(lambda: _passed(reader, reader.count + PAGE)):
                pass
        if not reader.count:
            raise FileUnusable(Fault.NO_ROWS, "The file has a header and no rows.")
        return reader.count

    async def _read(self, encoding: str, layout: Layout, total: int) -> None:
        with open_text(self.path, encoding) as text:
            reader = RecordReader(text, layout.delimiter)
            await in_thread(partial(_passed, reader, self.position))
            while some := await in_thread(partial(_chunk, reader, layout, self.region)):
                await self._store(some)
                self.run.progress(SNIFFED + (READ - SNIFFED) * self.position // total, 100, "rows")

    async def _store(self, some: Sequence[Row | Reject]) -> None:
        """The chunk and where the file is then, together; again when others were at the same contacts."""
        for rival in range(RIVALS):
            try:
                await self._stored(some)
            except IntegrityError:
                if rival + 1 == RIVALS:
                    raise
            else:
                self.position += len(some)
                return

    async def _stored(self, some: Sequence[Row | Reject]) -> None:
        own = imports.c
        unread = [one for one in some if isinstance(one, Reject)]
        async with self.custody.owned(position=self.position + len(some)) as connection:
            tally, refused = await upsert(connection, self.tenant, [one for one in some if isinstance(one, Row)])
            if rejects := [*unread, *refused]:
                told = [{"import_id": self.custody.id, "row_no": one.number, "reason": one.reason} for one in rejects]
                await connection.execute(insert(import_rejects), told)
            tally = tally._replace(rejected=len(rejects))
            grown = {name: own[name] + getattr(tally, name) for name in Tally._fields}
            await connection.execute(imports.update().where(own.id == self.custody.id).values(grown))

    async def _name_rejects(self) -> None:
        """Write the numbers and reasons of the rows that were left out; no cell of theirs."""
        last, own = 0, import_rejects.c
        mine = select(own.row_no, own.reason).where(own.import_id == self.custody.id).order_by(own.row_no).limit(PAGE)
        with drafted(self.rejects) as file:
            file.write(b"row,reason\r\n")
            while True:
                async with self.custody.engine.connect() as connection:
                    page = [tuple(row) for row in await connection.execute(mine.where(own.row_no > last))]
                if not page:
                    return
                last = page[-1][0]
                await in_thread(partial(file.write, _written(page)))


def _check(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        raise FileUnusable(Fault.MISSING, "The file is no longer there; submit it again.")
    check_size(path.stat().st_size)


def _passed(reader: RecordReader, row: int) -> bool:
    """Read on to behind that row; False when there are not so many."""
    while reader.count < row:
        if not reader.record():
            return False
    return True


def _chunk(reader: RecordReader, layout: Layout, region: str) -> list[Row | Reject]:
    some: list[Row | Reject] = []
    while len(some) < CHUNK and (cells := reader.record()):
        some.append(read(reader.count, cells, layout, region))
    return some


def _written(page: Sequence[tuple[int, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(page)
    return text.getvalue().encode()
