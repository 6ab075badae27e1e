"""How fast a worker empties a queue: stock arq and the fleet's, in turns, each in a fresh process on a fresh server.

    uv run python -m tests.bench.drain [--jobs 20000] [--rounds 3] [--json]

The clock runs from the first job's start to the last one's; each drain ends with an empty queue and every result kept.
`stock` is arq with max_jobs=100 and else its defaults, of which the poll delay bounds it; `unpolled` is stock with a
poll delay of 10 ms. The exit status is 1 when the fleet is less than eight times as fast as stock.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import msgspec

from arqlight_core.store.embedded import EmbeddedServer

KINDS = ("stock", "unpolled", "fleet")
ENOUGH = 8.0
ROOT = Path(__file__).parents[2]


class Report(msgspec.Struct):
    """Jobs a second: every round of each kind, their medians, and how much faster the fleet is."""

    jobs: int
    rounds: dict[str, list[float]]
    medians: dict[str, float]
    ratio: float
    ratio_unpolled: float

    @property
    def lines(self) -> list[str]:
        each = [
            f"{kind:9} {self.medians[kind]:9,.0f} jobs/s   {', '.join(f'{rate:,.0f}' for rate in self.rounds[kind])}"
            for kind in KINDS
        ]
        return [
            f"{self.jobs:,} no-op jobs; medians, then every round",
            *each,
            f"fleet / stock    {self.ratio:6.1f}",
            f"fleet / unpolled {self.ratio_unpolled:6.1f}",
        ]


def measured(kind: str, jobs: int) -> float:
    """Jobs a second of one drain."""
    with tempfile.TemporaryDirectory(prefix="aq") as folder:
        server = EmbeddedServer.of(Path(folder))
        server.ensure()
        try:
            command = [sys.executable, "-m", "tests.bench.one_drain", kind, str(server.socket), str(jobs)]
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        finally:
            server.stop()
    return jobs / float(done.stdout)


def compared(jobs: int, rounds: int) -> Report:
    """All kinds in turns, so that a noisy moment meets them all."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            rates[kind].append(measured(kind, jobs))
    medians = {kind: median(rates[kind]) for kind in KINDS}
    fleet = medians["fleet"]
    return Report(jobs, rates, medians, fleet / medians["stock"], fleet / medians["unpolled"])


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast a worker empties a queue: stock arq's and the fleet's.")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    report = compared(asked.jobs, asked.rounds)
    text = msgspec.json.encode(report).decode() if asked.json else "\n".join(report.lines)
    sys.stdout.write(f"{text}\n")
    return 0 if report.ratio >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
