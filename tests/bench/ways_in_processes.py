"""The processes of the benchmark of the ways in: `arqlight serve` with one more job type, and workers of both queues.

`main` takes `serve` or `work`, a server's URL, the data folder, and a port to serve at.
"""

import os
import sys
from pathlib import Path

from arqlight import __main__ as arqlight
from arqlight_core.operations import declared
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.billing.validation import validations
from tests.bench import ways_in_jobs

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the one of the standard's example
QUEUES = (ways_in_jobs.posts, validations)


def main() -> None:
    kind, url, folder, port = sys.argv[1:]
    if kind == "work":
        run_process(QUEUES, url, Settings(data_dir=Path(folder), grace=5))
        return
    hooks = f"{ways_in_jobs.SOURCE}={SECRET}"
    os.environ |= {"REDIS_URL": url, "ARQLIGHT_DATA_DIR": folder, "ARQLIGHT_HOOKS": hooks}
    declared.PACKAGE = ways_in_jobs.__name__  # pyright: ignore[reportConstantRedefinition] - in this process alone
    sys.argv = ["arqlight", "serve", "--port", port]
    arqlight.main()
