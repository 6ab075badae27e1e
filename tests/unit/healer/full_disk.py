"""A fix in a process that may write no file beyond so many bytes; prints why it broke off, and undoes it.

Arguments: the site's folder, the incident's folder, bytes.
"""

import asyncio
import resource
import sys
from pathlib import Path

from arqlight_jobs.healer.applying import BrokeOff
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.changes import Pack, Quarantine, Rename, Rewrite
from arqlight_jobs.healer.undoing import undone
from tests.unit.healer.attempts import fixed, hands_on

PLAN = (
    Quarantine("wp-content/mu-plugins"),
    Rename("wp-content/plugins/akismet", "akismet.off"),
    Rewrite("wp-config.php", b"<?php"),
    Pack("wp-content/themes"),
)


async def main(folder: Path, files: Artifacts, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    with hands_on(folder, files) as hands:
        try:
            await fixed(hands, PLAN)
        except BrokeOff as problem:
            print(str(problem).partition(":")[0].rstrip("."))  # noqa: T201 - its answer
        assert (await undone(hands)).differences == ()


asyncio.run(main(Path(sys.argv[1]), Artifacts(Path(sys.argv[2])), int(sys.argv[3])))
