"""Declarations: every contradiction is told at once, each in a clause that names its queue or job type."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.errors import CatalogueInvalid, JobTypeNotFound, PayloadInvalid
from arqlight_core.policy import DAY, MINUTE, STANDARD_WEBHOOKS, Backoff, Breaker, Dependency, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store.declarations import declarations


class Letter(msgspec.Struct):
    """A letter."""

    to: str
    pages: int = 1


async def post(run: Run, letter: Letter) -> None:
    """Put a letter into the post.

    Once.
    """


async def silent(run: Run, letter: Letter) -> None: ...


def at_once(run: Run, letter: Letter) -> None:
    """Not async."""


def queue(name: str = "office:post", **changed: Any) -> Queue:
    told: dict[str, Any] = {"name": name, "purpose": "Posts letters.", "concurrency": 2, **changed}
    return Queue(**told)


def declared(name: str = "post", of: Queue | None = None, handler: Any = post, **changed: Any) -> Queue:
    """A queue with this job type."""
    line = of or queue()
    told: dict[str, Any] = {"timeout": MINUTE, "retry": Backoff(3), **changed}
    line.job(name, Letter, **told)(handler)
    return line


def problems(*queues: Queue) -> str:
    with pytest.raises(CatalogueInvalid) as found:
        Catalogue.of(queues)
    return str(found.value)


def test_what_is_declared_is_found_by_name():
    line = declared()
    catalogue = Catalogue.of([line])
    assert catalogue.queues == {"office:post": line}
    assert catalogue.job_type("post").queue is line
    assert catalogue.job_type("post").description == "Put a letter into the post."


def test_an_unknown_job_type_is_told_with_the_known_ones():
    with pytest.raises(JobTypeNotFound, match="no job type pots; known are: post"):
        Catalogue.of([declared()]).job_type("pots")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": ""}, "queue ? has no name"),
        ({"name": "a{b}"}, "may not contain braces or spaces"),
        ({"name": "a b"}, "may not contain braces or spaces"),
        ({"purpose": ""}, "queue office:post has no purpose"),
        ({"concurrency": 0}, "needs a concurrency of at least 1"),
        ({"poison_after": 0}, "needs poison_after of at least 1"),
        ({"fleet_concurrency": 0}, "needs a fleet_concurrency of at least 1"),
        ({"weight": 0}, "needs a weight of at least 1"),
        ({"limits": (Limit("", ()),)}, "has a limit ? without a name"),
        ({"limits": (Limit("mail", ()),)}, "has a limit mail without rates"),
        ({"limits": (Limit("mail", (Rate(0, MINUTE),)),)}, "has a limit mail whose rates are not all above zero"),
        (
            {"limits": (Limit("mail", (Rate(5, MINUTE), Rate(9, MINUTE))),)},
            "has a limit mail with two rates over the same span",
        ),
        ({"limits": (Limit("mail", (Rate(5, MINUTE, burst=9),)),)}, "has a limit mail with a burst above its limit"),
        ({"breaker": Breaker(faults=0)}, "has a breaker that needs faults, probes and successes of at least 1"),
        ({"breaker": Breaker(rate=1.5)}, "has a breaker whose rate is not between 0 and 1"),
        ({"breaker": Breaker(open_for=timedelta(0))}, "has a breaker that is open for no time"),
    ],
)
def test_a_queue_that_cannot_work_is_refused(changed: dict[str, Any], problem: str):
    assert problem in problems(declared(of=queue(**changed)))


def test_a_queue_without_work_is_refused():
    assert "queue office:post has no job types" in problems(queue())


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"handler": silent}, "has a handler without a docstring"),
        ({"handler": at_once}, "has a handler that is not async"),
        ({"timeout": timedelta(0)}, "needs a timeout above zero"),
        ({"retry": Backoff(0)}, "needs at least one attempt"),
        ({"deadline": timedelta(seconds=1)}, "has a timeout longer than its deadline"),
        ({"retry": STANDARD_WEBHOOKS, "deadline": DAY}, "has a retry schedule longer than its deadline"),
        ({"follow_ups": ("past", "post")}, "names unknown follow-ups (past)"),
        ({"needs": (Dependency("mail", Breaker(probes=0)),)}, "needs mail, which has a breaker that needs faults"),
        ({"sensitive": ["to", "nam", "dob"]}, "marks unknown fields as sensitive (dob, nam)"),
    ],
)
def test_a_job_type_that_cannot_work_is_refused(changed: dict[str, Any], problem: str):
    assert f"job type post {problem}" in problems(declared(**changed))


def test_a_name_is_declared_once():
    twice = declared(of=declared())
    assert "job type post is declared twice in queue office:post" in problems(twice)
    told = problems(declared(), declared())
    assert "queue office:post is declared more than once" in told
    assert "job type post is declared more than once" in told


def test_a_limit_or_dependency_of_one_name_means_one_thing():
    mail, other = (Limit("mail", (Rate(limit, MINUTE),)) for limit in (5, 6))
    here, there = declared("a", of=queue("a", limits=(mail,))), declared("b", of=queue("b", limits=(mail,)))
    assert Catalogue.of([here, there])
    there.limits = (other,)
    assert "limit mail is declared with different terms" in problems(here, there)
    post, past = (Dependency("post", Breaker(faults=faults)) for faults in (1, 2))
    told = problems(declared("a", of=queue("a"), needs=(post,)), declared("b", of=queue("b"), needs=(past,)))
    assert "dependency post is declared with different terms" in told


def test_every_problem_is_told_at_once():
    told = problems(declared("a", handler=silent), queue("b c"), declared("d", timeout=timedelta(0), of=queue("e")))
    expected = ("job type a has a handler", "queue b c may not", "queue b c has no job types", "job type d needs")
    assert [problem for problem in expected if problem not in told] == []


def test_a_module_that_does_not_import_is_one_more_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "shop_of_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "broken.py").write_text("import no_such_thing\n")
    (package / "empty.py").write_text(
        "from arqlight_core.declaration import Queue\nQUEUE = Queue('shop:empty', 'Sells nothing.', 1)\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(CatalogueInvalid) as found:
        Catalogue.discover("shop_of_test")
    assert "module shop_of_test.broken does not import (ModuleNotFoundError" in str(found.value)
    assert "queue shop:empty has no job types" in str(found.value)


def test_a_payload_that_does_not_fit_is_refused_with_its_field():
    job = Catalogue.of([declared()]).job_type("post")
    assert job.parse({"to": "ada", "pages": 2}) == Letter("ada", 2)
    with pytest.raises(PayloadInvalid, match=r"job type post: Expected `int`, got `str` - at `\$.pages`"):
        job.parse({"to": "ada", "pages": "two"})


def test_a_declaration_is_published_in_plain_values():
    told = declarations([declared(sensitive=["to"])])["office:post"]
    assert (told["wire"], told["purpose"], told["concurrency"]) == ("arq:{office:post}", "Posts letters.", 2)
    assert told["job_types"]["post"] == {
        "description": "Put a letter into the post.",
        "timeout": 60.0,
        "attempts": 3,
        "sensitive": ["to"],
        "needs": {},
    }
    assert told["retention"]["completed"] == {"count": 1000, "age": 3600.0}
