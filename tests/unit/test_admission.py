"""What a payload demands of shared things, and how it is put to the server."""

import json
from dataclasses import replace

import msgspec
import pytest

from arqlight_core.codec import Envelope
from arqlight_core.declaration import JobType, Queue
from arqlight_core.errors import PayloadInvalid
from arqlight_core.policy import MINUTE, SECOND, Backoff, Breaker, Dependency, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_fleet.admission import Demands, demands_of, parsed

QUEUE = Queue("admission:queue", "To be asked for.", concurrency=1)


class Mail(msgspec.Struct):
    tenant: str
    site: int | None = None


async def handle(run: Run, payload: Mail) -> None:
    """Never run."""


API = Dependency("api", Breaker(faults=7))
TYPE = JobType(
    "admission.mail",
    QUEUE,
    Mail,
    handle,
    timeout=SECOND,
    retry=Backoff(1),
    needs=(API,),
    exclusive=lambda mail: f"site:{mail.site}" if mail.site else None,
)
PLAIN = JobType("admission.plain", QUEUE, Mail, handle, timeout=SECOND, retry=Backoff(1))
TENANT = Limit("tenant", (Rate(20, MINUTE),), by=lambda mail: mail.tenant or None)
EVERYBODY = Limit("everybody", (Rate(3, SECOND, burst=9),), exact=True)


def test_a_job_without_demands_is_not_asked_about():
    assert not demands_of(PLAIN, (), Mail("acme"))
    assert not demands_of(PLAIN, (TENANT,), Mail(""))  # the limit does not concern it


def test_each_demand_comes_from_the_payload():
    demands = demands_of(TYPE, (TENANT, EVERYBODY), Mail("acme", 42))
    assert demands == Demands("site:42", (API,), ((TENANT, "acme"), (EVERYBODY, "")))
    assert demands_of(TYPE, (), Mail("acme")).exclusive == ""


def test_limits_are_told_in_milliseconds_with_a_burst_within_the_limit():
    told = json.loads(demands_of(PLAIN, (TENANT, EVERYBODY), Mail("acme")).told)
    assert told["limits"] == [
        {
            "name": "tenant",
            "key": "acme",
            "exact": False,
            "rates": [{"limit": 20, "per_ms": 60_000, "burst": 2, "words": "20 per min"}],
        },
        {
            "name": "everybody",
            "key": "",
            "exact": True,
            "rates": [{"limit": 3, "per_ms": 1_000, "burst": 3, "words": "3 per s"}],
        },
    ]


def test_a_breakers_rules_are_told_with_the_dependency():
    [need] = json.loads(demands_of(TYPE, (), Mail("acme")).told)["needs"]
    assert need["name"] == "api"
    assert json.loads(need["rules"])["faults"] == 7


@pytest.mark.parametrize("wrong", [Envelope("f", (), {}, 0), Envelope("f", ({"tenant": "a"},), {"more": 1}, 0)])
def test_a_job_with_more_or_less_than_one_payload_is_refused(wrong: Envelope):
    with pytest.raises(PayloadInvalid, match="takes one payload"):
        parsed(PLAIN, wrong, Sealer(Settings()))


def addressed(mail: Mail) -> str:
    return f"to {mail.tenant}"


def test_a_key_that_would_give_a_sensitive_field_away_goes_to_the_server_as_a_digest():
    discreet = replace(TYPE, sensitive=("tenant",), exclusive=addressed)
    demands = demands_of(discreet, (TENANT,), Mail("+15145551234"))
    assert "5551234" not in demands.told
    assert demands == demands_of(discreet, (TENANT,), Mail("+15145551234"))
    assert demands != demands_of(discreet, (TENANT,), Mail("+15145551235"))
