"""What wp-cli says of a site: each command is a question that may go unanswered, and WordPress need not be well."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from arqlight_jobs.healer.evidence import Answer, Check, Commands, Installed
from arqlight_jobs.healer.redaction import redacted
from arqlight_jobs.healer.words import Site
from arqlight_jobs.healer.wpcli import Ran, run_wp

AT_ONCE = 3
TIMEOUT_S, BRIEF_S = 15.0, 7.0
"""Of one command, when all questions are asked and when there is little time."""

PLAIN = ("--skip-plugins", "--skip-themes")
"""With these, wp-cli loads the core alone: it works where a plugin or theme is what is broken."""

MOST_FILES = 50
_LONGEST_OUTPUT = 2000
_CHANGED = re.compile(r"File doesn't (?:verify against checksum|exist): (\S{1,300})")
_EXTRA = re.compile(r"File should not exist: (\S{1,300})")
_TABLE = re.compile(r"^(?:[\w-]{1,64}\.)?(\w{1,64})\s{0,80}(OK)?$")
_SICK = re.compile(r"^(?:error\s{0,9}:|warning\s{0,9}:.{0,200}crashed)", re.IGNORECASE)
"""A warning of a table that was not closed properly is none of a broken one."""

Rows = list[Mapping[str, Any]]

BRIEF = ("wordpress", "plugins", "themes", "home", "siteurl", "database")
"""Enough to say what is wrong with most sites."""

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "wordpress": ("core", "version"),
    "plugins": ("plugin", "list", "--format=json", "--fields=name,status,version"),
    "themes": ("theme", "list", "--format=json", "--fields=name,status,version"),
    "home": ("option", "get", "home"),
    "siteurl": ("option", "get", "siteurl"),
    "database": ("db", "check"),
    "core": ("core", "verify-checksums"),
    "cron": ("cron", "event", "list", "--format=json", "--fields=hook,time"),
    "doctor": ("doctor", "check", "--all", "--format=json"),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """The site that is asked, and its real folder."""

    site: Site
    root: Path
    seconds: float = TIMEOUT_S

    async def ask(self, *words: str) -> tuple[Answer, Ran]:
        """One question's answer, redacted, and how the command ended."""
        ran = await run_wp(self.site, self.root, (*words, *PLAIN), timeout=self.seconds)
        output = redacted(f"{ran.stdout}\n{ran.stderr}".strip()[:_LONGEST_OUTPUT], self.root)
        return Answer(words, ran.status, output, ran.problem), ran


async def facts_of(
    asking: Asking, at: datetime, questions: Sequence[str] = tuple(QUESTIONS), suspects: Sequence[str] = ()
) -> Commands:
    """What wp-cli says; `suspects` are plugins whose files are compared with the published ones."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(words: tuple[str, ...]) -> tuple[Answer, Ran]:
        async with gate:
            return await asking.ask(*words)

    asked = {name: QUESTIONS[name] for name in questions}
    if suspects:
        asked["suspects"] = ("plugin", "verify-checksums", *suspects, "--format=json")
    found = dict(zip(asked, await asyncio.gather(*(one(words) for words in asked.values())), strict=True))
    return read_answers({name: ran for name, (_, ran) in found.items()}, [answer for answer, _ in found.values()], at)


def read_answers(ran: Mapping[str, Ran], answers: Sequence[Answer], at: datetime) -> Commands:
    """The facts in what the commands said; what failed is not known."""
    core, works, broken = _core(ran.get("core")), *_database(ran.get("database"))
    return Commands(
        wordpress=_line(ran.get("wordpress")),
        plugins=_installed(ran.get("plugins")),
        themes=_installed(ran.get("themes")),
        home=_line(ran.get("home")),
        siteurl=_line(ran.get("siteurl")),
        core_changed=core,
        core_extra=tuple(_EXTRA.findall(ran["core"].stderr)[:MOST_FILES]) if core is not None else (),
        plugins_changed=_changed_plugins(ran.get("suspects")),
        database_works=works,
        tables_broken=broken,
        cron_late_s=_late(ran.get("cron"), at),
        doctor=_doctor(ran.get("doctor")),
        answers=tuple(answers),
    )


def rows_in(output: str) -> Rows | None:
    """The rows of `--format=json`, found also behind warnings that PHP printed before them; None without any."""
    for line in reversed(output.strip().splitlines()):
        if line.startswith("["):
            try:
                told: object = json.loads(line)
            except (ValueError, RecursionError):
                return None
            rows = cast("list[object]", told) if isinstance(told, list) else []
            return [cast("Mapping[str, Any]", row) for row in rows if isinstance(row, dict)]
    return None


def _line(ran: Ran | None) -> str | None:
    """The last line of a good answer."""
    return redacted(ran.stdout.strip().rpartition("\n")[2]) if ran and ran.ok else None


def _installed(ran: Ran | None) -> tuple[Installed, ...] | None:
    rows = rows_in(ran.stdout) if ran and ran.ok else None
    if rows is None:
        return None
    return tuple(Installed(_text(row, "name"), _text(row, "status"), _text(row, "version")) for row in rows)


def _core(ran: Ran | None) -> tuple[str, ...] | None:
    changed = tuple(_CHANGED.findall(ran.stderr)[:MOST_FILES]) if ran else ()
    return changed if changed or (ran and (ran.ok or _EXTRA.search(ran.stderr))) else None


def _changed_plugins(ran: Ran | None) -> tuple[str, ...] | None:
    if ran is None or (not ran.ok and not rows_in(ran.stdout)):
        return None
    rows = rows_in(ran.stdout) or []
    return tuple(dict.fromkeys(_text(row, "plugin_name") for row in rows))


def _database(ran: Ran | None) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the database answers, and its tables that are broken."""
    if ran is None or ran.problem:
        return None, ()
    broken: list[str] = []
    table = ""
    for line in (line.strip() for line in ran.stdout.splitlines()):
        if found := _TABLE.match(line):
            table = "" if found[2] else found[1]
        elif table and _SICK.match(line) and table not in broken:
            broken.append(table)
    if broken:
        return True, tuple(broken)
    return (True if ran.ok else False if "Got error" in ran.stderr + ran.stdout else None), ()


def _late(ran: Ran | None, at: datetime) -> float | None:
    rows = rows_in(ran.stdout) if ran and ran.ok else None
    if rows is None:
        return None
    moments = [moment for row in rows if (moment := _number(row.get("time"))) is not None]
    return at.timestamp() - min(moments) if moments else 0.0


def _doctor(ran: Ran | None) -> tuple[Check, ...]:
    rows = (rows_in(ran.stdout) if ran else None) or []
    return tuple(Check(_text(row, "name"), _text(row, "status"), redacted(_text(row, "message"))) for row in rows)


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name, ""))[:_LONGEST_OUTPUT]


def _number(told: object) -> float | None:
    try:
        return float(cast("str", told))
    except (TypeError, ValueError):
        return None
