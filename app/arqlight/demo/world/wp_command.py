"""The stand-in wp-cli, run as `python -m arqlight.demo.world.wp_command --path=ROOT WORDS…`.

It works on a stand-in site's folder and database with wp-cli's own words, answers and exit codes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from arqlight.demo.world import wp_files, wp_records
from arqlight.demo.world.misbehaviour import misbehave
from arqlight.demo.world.pages import CRITICAL, NO_DATABASE
from arqlight.demo.world.php import PhpError
from arqlight.demo.world.rendering import Ended, Request, config_text, machine_of, run_plugins, run_theme, start
from arqlight.demo.world.state import World
from arqlight.demo.world.wp_answer import Call, Command, Failed

WITHOUT_WORDPRESS = {**wp_files.WITHOUT_WORDPRESS, **wp_records.WITHOUT_WORDPRESS}
WITH_WORDPRESS = {**wp_files.WITH_WORDPRESS, **wp_records.WITH_WORDPRESS}
PHP_DIED = 255


def main(argv: Sequence[str]) -> int:
    """Carry out one command; answers its exit code."""
    path = next((word.removeprefix("--path=") for word in argv if word.startswith("--path=")), ".")
    world = World(Path(path).resolve())
    if not world.state_file.exists():
        sys.exit("Error: This does not seem to be a WordPress installation.")
    call = Call.of(world, argv)
    world.note_call(list(call.words))
    misbehave(world, call.words)
    try:
        print(carry_out(call))  # noqa: T201 - its answer
    except Failed as failure:
        if failure.output:
            print(failure.output)  # noqa: T201 - its answer
        print(failure, file=sys.stderr)  # noqa: T201 - its answer
        return failure.status
    return 0


def carry_out(call: Call) -> str:
    """What a command answers. Raises Failed."""
    if command := _named(call, WITHOUT_WORDPRESS):
        return command(call)
    command = _named(call, WITH_WORDPRESS)
    if command is None:
        raise Failed(f"Error: '{' '.join(call.words)}' is not a registered wp command. See 'wp help'.")
    load(call)
    return command(call)


def load(call: Call) -> None:
    """Load WordPress as wp-cli does: what is broken breaks the command, too. Raises Failed."""
    world, state = call.world, call.world.read()
    if not (world.root / "wp-config.php").exists():
        raise Failed("Error: 'wp-config.php' not found.\nEither create one manually or use `wp config create`.")
    config = config_text(world.root)
    try:
        request = Request("/wp-admin/", state["db"]["options"]["home"])
        start(world, state, request, config, extensions=False, maintained=False)
        if not call.has("skip-plugins"):
            run_plugins(world.root, state, machine_of(state, config))
        if not call.has("skip-themes"):
            run_theme(world.root, state, machine_of(state, config))
    except PhpError as error:
        raise Failed(f"{error.logged}\nError: {CRITICAL}", PHP_DIED) from None
    except Ended:
        raise Failed(f"Error: {NO_DATABASE}.") from None


def _named(call: Call, commands: dict[str, Command]) -> Command | None:
    return commands.get(" ".join(call.words[:3])) or commands.get(" ".join(call.words[:2]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
