"""The overview's rows and columns, without a screen."""

from dataclasses import replace

from arqlight_core.observe.pace import Pace
from arqlight_screens.queue_columns import queue_columns
from arqlight_screens.queue_rows import rows_of
from tests.screens.canned import NOW, counts, fleet_view, queue


def test_an_eta_says_when_there_is_none() -> None:
    busy = queue("a:a", counts=counts(waiting=60), pace=Pace(60, 1.0, 2.0, 2.0, 10.0))
    growing = replace(busy, name="b:b", pace=replace(busy.pace, in_per_s=3.0))
    stopped = replace(busy, name="c:c", workers=0)
    rows = rows_of(fleet_view(busy, growing, stopped, queue("d:d")), {}, ())
    column = next(one for one in queue_columns(20) if one.name == "eta")
    assert ["".join(part.text for part in column.draw(row, NOW, 5)).strip() for row in rows] == [
        "1m",
        "grows",
        "never",
        "-",
    ]
    assert column.order is not None
    assert [column.order(row) for row in rows] == [60.0, float("inf"), float("inf"), None]


def test_only_the_first_queue_of_a_domain_shows_it_in_full() -> None:
    rows = rows_of(fleet_view(queue("a:one"), queue("a:two"), queue("b:one"), queue("plain")), {}, ())
    assert [row.begins for row in rows] == [True, False, True, True]
