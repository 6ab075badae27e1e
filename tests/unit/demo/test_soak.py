"""What the soak counts as a breach."""

from pathlib import Path

import msgspec

from arqlight.demo.doors import TELEGRAM_TOKEN
from arqlight.demo.people import Person
from tests.bench.soak import KEEP, Memory, Report, Soak, grew, shown

GOOD = Report(
    seconds=120,
    kills=2,
    exit_status=0,
    enqueued=10,
    ended=9,
    lost=[],
    never_ran=[],
    wrong={},
    memory={"witness": (100.0, 104.0)},
    leaks=[],
    log_lines=5,
)


def test_a_good_run_has_no_breach() -> None:
    assert GOOD.breaches == []
    assert "BREACH" not in shown(GOOD)


def test_each_thing_that_must_not_be_is_one() -> None:
    bad = {
        "exit_status": 1,
        "lost": ["a", "b"],
        "never_ran": ["a.b"],
        "wrong": {"tasks": {"made_twice": 1}},
        "memory": {"witness": (100.0, 111.0)},
        "leaks": ["x"],
    }
    for name, value in bad.items():
        [_] = msgspec.structs.replace(GOOD, **{name: value}).breaches


def test_of_a_kind_the_process_that_lived_longest_tells_whether_memory_grows() -> None:
    memory = Memory()
    memory.seen = {"screen": {1: [10.0, 20.0], 2: [5.0, 10.0, *[100.0] * 10, *[200.0] * 10]}}
    first, last = memory.thirds()["screen"]
    assert (first, last) == (100.0, 200.0)
    assert grew("screen", first, last)
    assert not grew("screen", 100.0, 110.0)
    assert not any(grew(kind, first, last) for kind in KEEP)


def test_a_log_line_with_a_planted_secret_or_a_person_is_found(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "demo.log").write_text("fine\n")
    (tmp_path / "witness.log").write_text("fine\n")
    told = [
        "fine",
        f"GET /bot{TELEGRAM_TOKEN}/getMe",
        "to ada@example.com",
        "id=4f15551255501337a1",
        f"to={Person(7).phone} sent",
    ]
    (tmp_path / "data" / "fleet.log").write_text("\n".join(told))
    soak = object.__new__(Soak)
    soak.folder = tmp_path
    lines, leaks = soak.leaks()
    assert lines == 7
    secret, *people = (f"stands in fleet.log, line {number}" for number in (2, 3, 5))
    assert leaks == [f"a secret {secret}", *(f"a person {one}" for one in people)]
