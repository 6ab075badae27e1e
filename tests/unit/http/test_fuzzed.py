"""What nobody thought of: schemathesis makes requests out of the document, and no answer breaks what that promises.

It runs in a process of its own, as it would by hand: with `-n 300 --phases coverage,fuzzing` it looks for long.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from arqlight.http import door
from arqlight_core.policy import SECOND, Rate
from tests.store.line import Line
from tests.unit.http.house import House
from tests.unit.http.recorded import on_record
from tests.unit.http.seeded import NAME, TREE, seed

SEED, EXAMPLES, WORKERS = 20, 1, 1
PATIENT = Rate(100_000, SECOND, 100_000)
IDS = ("dead", "waiting", "active", "purged", "nowhere", "\x00")

KNOWN: dict[str, tuple[str | None, ...]] = {
    "breaker": (NAME, "nowhere"),
    "bulk": ("newest", "nowhere"),
    "campaign": ("spring", "nowhere"),
    "correlation_id": (TREE, "nowhere"),
    "flow": ("welcome", "nowhere"),
    "for": ("5m", "-1s", "soon", None),
    "job_id": IDS,
    "job_type": ("work", "wp.health.system"),
    "name": (NAME, "nowhere"),
    "queue": (NAME, "nowhere", "", "\x00"),
    "schedule": ("nightly", "nowhere"),
    "site": ("shop", "nowhere"),
    "subject": (NAME, "nowhere"),
    "target": ("shop", "nowhere", "\x00"),
    "tenant": ("acme", "nowhere", "\x00"),
    "user": ("ada", "acme-0", "nowhere"),
    "value": ("1", "work=3", "5/min", "30s", "faults=2", "none", "0 3 * * *", "completed 5 for 1h", "high"),
    "worker": ("w1", "nowhere"),
}
"""Names that there are, and some that there are not: made at random, hardly any would be met."""

ASIDE = {
    "--exclude-path": "/api/v1/events/stream",  # it has no end; test_views looks at it
    "--exclude-checks": ",".join(
        (
            "positive_data_acceptance",  # a schema does not say which queues there are
            "allow_header_conformance",  # OPTIONS of a path that has two methods: litestar tells one of them
        )
    ),
}
"""What is not asked, and why."""


def knowing(document: Any) -> Any:
    """The document with those names in the place of any text."""
    schemas = document["components"]["schemas"]
    for fields in (one["properties"] for name, one in schemas.items() if name.endswith(("Asked", "Selection"))):
        for name in fields.keys() & KNOWN.keys():
            fields[name] = {"enum": KNOWN[name]}
    schemas["Selection"]["properties"]["ids"]["items"] = {"enum": IDS}
    every = (told for item in document["paths"].values() for told in item.values())
    for parameter in (one for told in every for one in told.get("parameters", ())):
        if known := KNOWN.get(parameter["name"]):
            parameter["schema"] = {"enum": known}
    return document


@pytest.mark.timeout(240)  # some ten seconds of work, on a machine that has nothing else to do
async def test_no_request_gets_an_answer_that_the_document_does_not_promise(
    house: House, line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(folder))
    monkeypatch.setattr(door, "RATES", dict.fromkeys(door.RATES, PATIENT))
    monkeypatch.setattr(door, "STRANGERS", PATIENT)
    await seed(line)
    await on_record(house.settings)
    document = folder / "openapi.json"
    document.write_text(json.dumps(knowing((await house.stranger.get("/schema/openapi.json")).json())))
    told = {
        "--url": str(house.stranger.base_url),
        "--header": f"Authorization: {house.admin.headers['authorization']}",
        "--phases": "fuzzing",
        "--max-examples": str(EXAMPLES),
        "--workers": str(WORKERS),
        "--seed": str(SEED),
        "--generation-database": "none",
        "--suppress-health-check": "all",
        "--warnings": "off",
        **ASIDE,
    }
    words = [
        "-m",
        "schemathesis.cli",
        "run",
        str(document),
        "--no-shrink",
        *(word for one in told.items() for word in one),
    ]
    asking = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asking.communicate()
    assert asking.returncode == 0, output.decode()
    assert "No issues found" in output.decode(), output.decode()
