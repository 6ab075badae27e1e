"""The commands of the stand-in wp-cli that work on the database: options, tables, caches, events and checks."""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from arqlight.demo.world.rendering import config_text, fixed_options
from arqlight.demo.world.wp_answer import Call, Command, Failed, as_json

DUMP_HEAD = "-- MySQL dump of a stand-in\n"
LATE_S = 3600
_DECODES = re.compile(r"eval\s*\(.*base64_decode")
NO_SERVER = "mysqlcheck: Got error: 2002: Can't connect to local server through socket when trying to connect"
DENIED = "mysqlcheck: Got error: 1045: Access denied for user 'wordpress'@'localhost' when trying to connect"
TOO_MANY = "mysqlcheck: Got error: 1040: Too many connections when trying to connect"
PROBLEMS = {"down": NO_SERVER, "denied": DENIED, "too many": TOO_MANY}


def option_get(call: Call) -> str:
    """`wp option get NAME`."""
    options = {**_db(call)["options"], **fixed_options(config_text(call.world.root))}
    if (name := call.rest()[0]) not in options:
        raise Failed(f"Error: Could not get '{name}' option. Does it exist?")
    value = options[name]
    return value if isinstance(value, str) and not call.has("format") else json.dumps(value)


def option_update(call: Call) -> str:
    """`wp option update NAME VALUE`, with `--format=json` for what is no plain text."""
    name, value = call.rest()[:2]
    call.world.option(name, json.loads(value) if call.options.get("format") == "json" else value)
    return f"Success: Updated '{name}' option."


def db_check(call: Call) -> str:
    """`wp db check`."""
    _refuse_without_server(call)
    lines: list[str] = []
    broken = False
    for name, health in _db(call)["tables"].items():
        broken |= health != "ok"
        lines += (
            [f"wordpress.{name:<40} OK"]
            if health == "ok"
            else [f"wordpress.{name}", "warning  : Table is marked as crashed", "error    : Corrupt"]
        )
    if broken:
        raise Failed("Error: Database check failed.", output="\n".join(lines))
    return "\n".join([*lines, "Success: Database checked."])


def db_repair(call: Call) -> str:
    """`wp db repair`."""
    _refuse_without_server(call)
    call.world.change(lambda state: state["db"]["tables"].update(dict.fromkeys(state["db"]["tables"], "ok")))
    return "Success: Database repaired."


def db_export(call: Call) -> str:
    """`wp db export FILE`; `-` is the output."""
    _refuse_without_server(call)
    dump = DUMP_HEAD + json.dumps(_db(call), indent=1) + "\n-- Dump completed\n"
    target = next(iter(call.rest()), "wordpress.sql")
    if target == "-":
        return dump
    Path(target).write_text(dump)
    return f"Success: Exported to '{target}'."


def db_import(call: Call) -> str:
    """`wp db import FILE`; `-` is the input."""
    _refuse_without_server(call)
    source = next(iter(call.rest()), "-")
    dump = sys.stdin.read() if source == "-" else Path(source).read_text()
    if not dump.startswith(DUMP_HEAD):
        raise Failed("Error: ERROR 1064 (42000) at line 1: You have an error in your SQL syntax")
    db = json.loads(dump.removeprefix(DUMP_HEAD).partition("\n-- Dump completed")[0])
    call.world.change(lambda state: state.update(db=db))
    return f"Success: Imported from '{source}'."


def cache_flush(call: Call) -> str:
    """`wp cache flush`."""
    call.world.change(lambda state: state["db"].update(cached_home=""))
    return "Success: The cache was flushed."


def transient_delete(call: Call) -> str:
    """`wp transient delete --expired`."""
    count = _db(call)["expired_transients"]
    call.world.change(lambda state: state["db"].update(expired_transients=0))
    return f"Success: {count} expired transients deleted from the database."


def cron_list(call: Call) -> str:
    """`wp cron event list --format=json`."""
    rows = [
        {
            "hook": event["hook"],
            "next_run_gmt": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event["time"])),
            "next_run_relative": "now",
            "recurrence": "1 hour",
            "time": event["time"],
        }
        for event in _db(call)["cron"]
    ]
    return as_json(rows, call)


def cron_run(call: Call) -> str:
    """`wp cron event run --due-now`."""
    moment = int(time.time())  # noqa: TID251 - a world of its own
    due = [event["hook"] for event in _db(call)["cron"] if event["time"] <= moment]

    def postpone(state: dict[str, Any]) -> None:
        for event in state["db"]["cron"]:
            event["time"] = max(event["time"], moment + LATE_S)

    call.world.change(postpone)
    told = "".join(f"Executed the cron event '{hook}' in 0.01s.\n" for hook in due)
    return f"{told}Success: Executed a total of {len(due)} cron events."


def doctor_check(call: Call) -> str:
    """`wp doctor check --all --format=json`."""
    root = call.world.root
    uploaded = list((root / "wp-content/uploads").rglob("*.php"))
    decoding = [path for path in (root / "wp-content").rglob("*.php") if _DECODES.search(path.read_text())]
    rows = [
        _check("file-eval", [str(path.relative_to(root)) for path in decoding]),
        _check("php-in-upload", [str(path.relative_to(root)) for path in uploaded]),
        {"name": "cron-count", "status": "success", "message": f"Total of {len(_db(call)['cron'])} cron jobs."},
    ]
    output = as_json(rows, call)
    if uploaded or decoding:
        raise Failed("Error: 1 check reports 'error'.", output=output)
    return output


def _check(name: str, found: list[str]) -> dict[str, str]:
    told = f"{len(found)} files failed check: {', '.join(found)}." if found else "All files passed check."
    return {"name": name, "status": "error" if found else "success", "message": told}


def _db(call: Call) -> dict[str, Any]:
    return call.world.read()["db"]


def _refuse_without_server(call: Call) -> None:
    if fault := call.world.read()["faults"]["db"]:
        raise Failed(PROBLEMS[fault], status=2)


WITHOUT_WORDPRESS: dict[str, Command] = {
    "db check": db_check,
    "db repair": db_repair,
    "db export": db_export,
    "db import": db_import,
}
WITH_WORDPRESS: dict[str, Command] = {
    "option get": option_get,
    "option update": option_update,
    "cache flush": cache_flush,
    "transient delete": transient_delete,
    "cron event list": cron_list,
    "cron event run": cron_run,
    "doctor check": doctor_check,
}
