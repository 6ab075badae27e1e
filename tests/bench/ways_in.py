"""The ways in under load: files and signed posts to `arqlight serve`, until a fleet has done what follows from each.

    uv run python -m tests.bench.ways_in [--uploads 1000] [--per-second 10] [--posts 10000] [--faults] [--json]

A server of its own, one process that serves, two that work, clients that send so many files a second, and posts as soon
as they are answered; a tenth of these is delivered twice, at the same time. With `--faults` the serving process is
killed during the uploads and during the posts, and Redis during the posts, and senders try again as they do. The exit
status is 1 when the account does not balance: what was answered is there once, and has had its effect once.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from arqlight_core.operations import tokens
from arqlight_core.rights import Role
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.bench.figures import Figure
from tests.bench.ways_in_account import Account
from tests.bench.ways_in_client import Caller
from tests.bench.ways_in_senders import Asked, Senders, Sent
from tests.bench.ways_in_stage import Stage, free_port

MB = 1024**2


class Report(msgspec.Struct):
    """How it went; memory of the serving process in MB, rates a second."""

    figures: list[Figure]
    uploads_per_s: float
    posts_per_s: float
    again: int
    """What was sent again as nobody had answered, or with 'later'."""
    memory_before: float
    memory_after: float
    settled_s: float
    """From the last answer to the last effect, of files and of posts together."""
    unanswered: int
    """Runs of files whose sender was cut off from its answer,"""
    unbegun: int
    """and those of them whose job was not queued any more: a later upload has it queued."""
    upload_cpu_ms: float
    """What the serving process itself takes for one, however busy the machine is; with faults not known: 0."""
    post_cpu_ms: float
    wrong: list[str]
    """What does not balance, one sentence each."""

    @property
    def lines(self) -> list[str]:
        return [
            *map(str, self.figures),
            f"{self.uploads_per_s:,.0f} uploads a second, {self.posts_per_s:,.0f} posts; {self.again:,} sent again",
            f"serving takes {self.upload_cpu_ms:.1f} ms of a core for an upload, {self.post_cpu_ms:.1f} for a post",
            f"the serving process has {self.memory_before:,.0f} MB before and {self.memory_after:,.0f} MB after",
            f"all was done {self.settled_s:,.1f} s after the last answers",
            f"{self.unanswered:,} files whose answer was cut off, {self.unbegun:,} of them are not queued yet",
            *(f"WRONG: {one}" for one in self.wrong or ()),
        ]


async def measured(asked: Asked) -> Report:
    """One run from its beginning to its end."""
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        server = EmbeddedServer.of(Path(made))
        await asyncio.to_thread(server.ensure)
        stage = Stage(Path(made), server, Store(server.url), free_port())
        try:
            return await _played(stage, asked)
        finally:
            for caller in stage.callers:
                caller.close()
            await asyncio.to_thread(stage.dismiss)
            await stage.store.close()
            await asyncio.to_thread(server.stop)


async def _played(stage: Stage, asked: Asked) -> Report:
    stage.settings.data_dir.mkdir()
    names = [f"client-{number}" for number in range(asked.clients)]
    made = [await tokens.create_token(stage.store, name, Role.OPERATOR, actor="bench") for name in names]
    for _ in range(asked.workers):
        await asyncio.to_thread(stage.begin, "work")
    serving = await stage.serve()
    before, spent, settled = serving.memory_info().rss, list[float](), 0.0
    stage.callers = [Caller(stage.port, token) for token in made]
    senders = Senders(stage, asked, stage.callers)
    for sending in (senders.uploads, senders.large, senders.posts):
        begun = worked_by(serving)
        await sending()
        spent.append(worked_by(serving) - begun)
        settled += await stage.settled()
    after = psutil.Process(stage.hired[-1].pid).memory_info().rss
    account = Account(senders.sent, stage, asked)
    await account.settle()
    took = [0.0] * 3 if asked.faults else spent
    return _report(senders.sent, account, (before / MB, after / MB), settled, took)


def worked_by(process: psutil.Process) -> float:
    """Seconds of a processor that it has taken; 0 when it was killed."""
    try:
        return sum(process.cpu_times()[:2])
    except psutil.Error:
        return 0.0


def _report(
    sent: Sent, account: Account, memory: tuple[float, float], settled: float, spent: Sequence[float]
) -> Report:
    each = {"an upload": (sent.uploads, 100.0), "a post": (sent.posts, 50.0), "1 MB, alone": (sent.large, 100.0)}
    figures = [
        Figure(f"{name}, answered: p{share * 100:.0f}", load.percentile(share), goal, "ms")
        for name, (load, goal) in each.items()
        for share in (0.5, 0.95, 0.99)
    ]
    return Report(
        figures=figures,
        uploads_per_s=len(sent.uploads.took) / max(sent.uploads.seconds, 0.001),
        posts_per_s=len(sent.posts.took) / max(sent.posts.seconds, 0.001),
        again=sent.uploads.again + sent.posts.again + sent.large.again,
        memory_before=memory[0],
        memory_after=memory[1],
        settled_s=settled,
        unanswered=account.unanswered,
        unbegun=account.unbegun,
        upload_cpu_ms=spent[0] * 1000 / max(len(sent.uploads.took), 1),
        post_cpu_ms=spent[2] * 1000 / max(len(sent.posts.took), 1),
        wrong=account.wrong,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="The ways in under load.")
    for name in ("uploads", "per_second", "posts", "clients", "large", "workers"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Asked(), name))
    parser.add_argument("--faults", action="store_true", help="kill the serving process twice, and Redis once")
    parser.add_argument("--json", action="store_true")
    told = vars(parser.parse_args())
    as_json = told.pop("json")
    report = asyncio.run(measured(Asked(**told)))
    text = msgspec.json.encode(report).decode() if as_json else "\n".join(report.lines)
    sys.stdout.write(f"{text}\n")
    return int(bool(report.wrong))


if __name__ == "__main__":
    sys.exit(main())
