"""`arqlight paths`: where everything lies that is kept outside Redis."""

from arqlight import output, places
from arqlight_core.settings import load


def paths(*, json: bool = False) -> None:
    """Print where contexts, settings, memory, log and data are; a file that is not there is as good as an empty one.

    Args:
        json: Print JSON.
    """
    told = {
        "contexts": (places.contexts(), "servers by name, for --context and :ctx"),
        "settings": (places.preferences(), "the control room's mouse and clipboard"),
        "memory": (places.memory(), "its last view, theme, columns and commands"),
        "log": (places.log(), "what went wrong in it"),
        "data": (load().data_dir, "the embedded server, records, stored files, generated keys"),
    }
    if json:
        output.as_json({name: {"path": str(path), "exists": path.exists()} for name, (path, _) in told.items()})
    else:
        rows = [[name, str(path), "" if path.exists() else "not there", what] for name, (path, what) in told.items()]
        output.table(["what", "where", "", "holds"], rows)
