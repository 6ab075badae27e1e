"""A supervisor as a process of its own: `python -m tests.faults.supervised COUNT COMMAND...`."""

import asyncio
import logging
import sys

from arqlight_fleet.supervisor import Supervisor

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    asyncio.run(Supervisor(sys.argv[2:], int(sys.argv[1])).run())
