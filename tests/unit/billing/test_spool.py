from pathlib import Path

import msgspec
import pytest

from arqlight_jobs.billing.spool import Spool


class Item(msgspec.Struct, frozen=True):
    number: int


@pytest.mark.parametrize(
    ("given", "batches"),
    [([], []), ([2], [2]), ([3], [3]), ([1, 1, 1, 1], [3, 1]), ([7], [3, 3, 1]), ([2, 2, 2], [3, 3])],
)
def test_items_come_back_in_order_and_in_full_batches(tmp_path: Path, given: list[int], batches: list[int]) -> None:
    items = [Item(number) for number in range(sum(given))]
    with Spool(Item, tmp_path, 3) as spool:
        rest = iter(items)
        for size in given:
            spool.append([next(rest) for _ in range(size)])
        assert spool.count == len(items)
        found = list(spool.batches())
    assert [len(batch) for batch in found] == batches
    assert [item for batch in found for item in batch] == items


def test_no_file_shows_in_the_folder(tmp_path: Path) -> None:
    before = list(tmp_path.iterdir())
    with Spool(Item, tmp_path, 3) as spool:
        spool.append([Item(1)] * 10)
        assert list(tmp_path.iterdir()) == before
