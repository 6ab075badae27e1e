"""docs/grafana.json and docs/metrics.md name metrics that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.observe.alarms import AlarmsView
from arqlight_core.observe.exposition import of_measure
from arqlight_core.observe.metered import Dependency, Durations, Measure
from arqlight_core.observe.server import view_of
from tests.screens.canned import fleet_view, queue

DOCS = Path(__file__).parents[2] / "docs"
BOARD: dict[str, Any] = json.loads((DOCS / "grafana.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
NAME = re.compile(r"\barqlight_\w+")


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Every name of a sample, and of what has none without alerts."""
    measure = Measure(
        view=fleet_view(queue("a:a")),
        server=view_of({}, 0.0),
        alarms=AlarmsView(0),
        waits={"a:a": Durations()},
        runs={"a:a": Durations()},
        breakers=frozenset({"a:a"}),
        dependencies=(Dependency("api", "closed", 0, 0),),
        denials={"limit": 0},
    )
    families = list(of_measure(measure))
    return {sample.name for family in families for sample in family.samples} | {"arqlight_alerts_firing"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_of_the_dashboard_exists(expression: str, names: set[str]) -> None:
    assert NAME.findall(expression)
    assert set(NAME.findall(expression)) <= names


def test_every_panel_says_what_it_shows_and_stands_in_its_own_place() -> None:
    assert all(panel["title"] and panel["targets"] for panel in PANELS)
    places = [tuple(panel["gridPos"].values()) for panel in BOARD["panels"]]
    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_the_variable_of_the_dashboard_reads_a_metric_that_exists(names: set[str]) -> None:
    queries = [one["query"] for one in BOARD["templating"]["list"]]
    assert set(NAME.findall(" ".join(queries))) <= names


def test_the_page_names_metrics_that_exist(names: set[str]) -> None:
    told = NAME.findall((DOCS / "metrics.md").read_text())
    families = {name.removesuffix("_count") for name in names}
    assert {name for name in told if not name.endswith("_")} <= names | families
