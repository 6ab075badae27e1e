"""`arqlight completion`: a script that teaches a shell our commands and options."""

from typing import Literal

from arqlight import output


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a shell's completion script, as in `source <(arqlight completion bash)`.

    Args:
        shell: Which shell.
    """
    from arqlight.cli import build  # noqa: PLC0415 - the command line knows this module, too

    output.say(build().generate_completion(shell=shell))
