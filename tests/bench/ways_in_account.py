"""What has become of all that was answered: it is there once, and has had its effect once."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select

from arqlight_core import observe
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.tables import Status, validation_runs
from tests.bench.ways_in_jobs import EFFECTS
from tests.bench.ways_in_senders import REDELIVERED, Asked, Sent
from tests.bench.ways_in_stage import FILES, POSTS, Stage


@dataclass
class Account:
    """What is there, beside what was answered."""

    sent: Sent
    stage: Stage
    asked: Asked
    wrong: list[str] = field(default_factory=list[str])
    unanswered: int = 0
    unbegun: int = 0

    async def settle(self) -> None:
        """Compare it all."""
        totals = {one.name: one.totals for one in (await observe.fleet(self.stage.store)).queues}
        self._of_posts(totals.get(POSTS, {}))
        await self._of_files(totals.get(FILES, {}))

    def _of_posts(self, totals: dict[str, int]) -> None:
        effects = Counter(map(int, (self.stage.settings.data_dir / EFFECTS).read_text().split()))
        many, copies = self.asked.posts, len(range(0, self.asked.posts, REDELIVERED))
        self._must("posts answered", len(self.sent.numbers), many)
        self._must("posts without their effect", len(self.sent.numbers.keys() - effects.keys()), 0)
        self._must("effects that came twice", sum(count > 1 for count in effects.values()), 0)
        self._must("jobs of posts", totals.get("enqueued", 0), many)
        known = totals.get("deduplicated", 0)
        if known < copies or (known > copies and not self.asked.faults):
            self.wrong.append(f"posts known again: {known}, not {copies}")

    async def _of_files(self, totals: dict[str, int]) -> None:
        async with records(self.stage.settings) as opened, opened.engine.connect() as connection:
            rows = (await connection.execute(select(validation_runs.c.id, validation_runs.c.status))).all()
        done = Counter(own for own, status in rows if status == Status.COMPLETED)
        many = self.asked.uploads + self.asked.large
        self._must("files answered, each with a run of its own", len(set(self.sent.runs)), many)
        self._must("answered files that were not validated", len(set(self.sent.runs) - done.keys()), 0)
        self.unanswered, self.unbegun = len(rows) - many, sum(status == Status.QUEUED for _, status in rows)
        if not self.asked.faults:
            self._must("jobs of files", totals.get("enqueued", 0), many)
            self._must("runs that nobody was told of", self.unanswered, 0)
            self._must("files left behind", len(list((self.stage.settings.data_dir / "uploads").iterdir())), 0)

    def _must(self, what: str, found: int, wanted: int) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")
