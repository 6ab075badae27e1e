"""The hooks of a stand-in site's owner, run as `python -m arqlight.demo.world.hook_command NAME ROOT`."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from arqlight.demo.world.misbehaviour import misbehave
from arqlight.demo.world.state import World
from arqlight.demo.world.wp_answer import Call
from arqlight.demo.world.wp_records import db_export, db_import

GOOD_CERTIFICATE = ".good.pem"
"""What the renewed certificate's file ends with, beside the site's folder."""


def restart_php(world: World) -> None:
    """PHP answers again."""
    world.fault(upstream=0, hang=False)


def restart_db(world: World) -> None:
    """The database is up again; one that denies access still does."""
    world.change(lambda state: state["faults"].update(db="denied" if state["faults"]["db"] == "denied" else ""))


def renew_tls(world: World) -> None:
    """The good certificate that was laid ready is in use."""
    ready = world.root.with_name(world.root.name + GOOD_CERTIFICATE)
    shutil.copyfile(ready, world.certificate_file)


def db_dump(world: World) -> None:
    """The database as text."""
    sys.stdout.write(db_export(Call(world, ("db", "export", "-"))))


def db_restore(world: World) -> None:
    """The database out of text."""
    db_import(Call(world, ("db", "import", "-")))


HOOKS: dict[str, Callable[[World], None]] = {
    "restart_php": restart_php,
    "restart_web": restart_php,
    "restart_db": restart_db,
    "renew_tls": renew_tls,
    "db_dump": db_dump,
    "db_restore": db_restore,
}


def main(argv: Sequence[str]) -> int:
    """Run one hook; answers its exit code."""
    name, world = argv[0], World(Path(argv[1]).resolve())
    world.note_call([name])
    misbehave(world, [name])
    HOOKS[name](world)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
