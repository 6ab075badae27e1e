"""May this job run now? What it demands of shared things is asked of the server before its handler starts.

A denied job is held until the moment that the answer names, and no attempt is burnt. Jobs without demands pay nothing.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from arqlight_core.codec import Envelope
from arqlight_core.declaration import JobType
from arqlight_core.errors import PayloadInvalid
from arqlight_core.hashing import canonical_key
from arqlight_core.jobs import Deferred, Lease
from arqlight_core.policy import Dependency, Limit, Rate, milliseconds
from arqlight_core.secrecy import Sealer
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Admission, Denial, Hold, Pass, Verdict, breaker_rules
from arqlight_fleet.blame import UNBLAMED, Blame
from arqlight_fleet.exchange import Parcel
from arqlight_fleet.judge import Stop

if TYPE_CHECKING:
    from arqlight_fleet.attempt import Attempt
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.admission")

_UNCLEAR = Denial("server", "", "", "the server refused to say whether it may run", 5_000, "")


@dataclass(frozen=True, slots=True)
class Demands:
    """What one job asks of shared things; a limit comes with the key it is counted for."""

    exclusive: str
    needs: tuple[Dependency, ...]
    limits: tuple[tuple[Limit, str], ...]

    def __bool__(self) -> bool:
        return bool(self.exclusive or self.needs or self.limits)

    @property
    def tenant(self) -> str:
        """Whom the first limit with `tenant` in its name counts the job for; '' without such a limit."""
        return next((key for limit, key in self.limits if "tenant" in limit.name.lower()), "")

    @property
    def told(self) -> str:
        """As the script takes them: JSON."""
        needs = [{"name": need.name, "rules": breaker_rules(need.breaker)} for need in self.needs]
        limits = [_limit(limit, key) for limit, key in self.limits]
        return json.dumps({"exclusive": self.exclusive, "needs": needs, "limits": limits})


def _limit(limit: Limit, key: str) -> dict[str, Any]:
    return {"name": limit.name, "key": key, "exact": limit.exact, "rates": [_rate(rate) for rate in limit.rates]}


def _rate(rate: Rate) -> dict[str, Any]:
    most = max(1, rate.limit)
    burst = min(most, rate.at_once)
    return {"limit": most, "per_ms": max(1, milliseconds(rate.per)), "burst": burst, "words": str(rate)}


def demands_of(terms: JobType[Any], limits: tuple[Limit, ...], payload: Any) -> Demands:
    """What this payload asks for, under the limits that its queue has now."""
    secrets = [str(getattr(payload, name)) for name in terms.sensitive]
    keyed = ((limit, limit.key_of(payload)) for limit in limits)
    exclusive = (terms.exclusive(payload) or "") if terms.exclusive else ""
    return Demands(
        exclusive=_discreet(exclusive, secrets),
        needs=tuple(need for need in terms.needs if need.concerns is None or need.concerns(payload)),
        limits=tuple((limit, _discreet(key, secrets)) for limit, key in keyed if key is not None),
    )


def _discreet(key: str, secrets: list[str]) -> str:
    """The key; one that gives a sensitive field away goes to the server, and to lists and reasons, as a digest."""
    if any(secret and secret in key for secret in secrets):
        return f"#{canonical_key({'key': key})}"
    return key


@dataclass(frozen=True, slots=True)
class Stake:
    """What a running job has of shared things: its key, and the passes of the breakers that let it in."""

    exclusive: str = ""
    passes: tuple[Pass, ...] = ()

    def holds(self, lease: Lease) -> list[Hold]:
        """What has to be renewed while it runs."""
        probes = [Hold(lease, "probe", one.dependency) for one in self.passes if one.is_probe]
        return [*probes, Hold(lease, "exclusive", self.exclusive)] if self.exclusive else probes


NO_STAKE = Stake()


def parsed(terms: JobType[Any], envelope: Envelope, sealer: Sealer) -> Any:
    """The payload as its model has it, unsealed. Raises PayloadInvalid, or ArqlightError when no key fits."""
    if len(envelope.args) != 1 or envelope.kwargs:
        raise PayloadInvalid(f"Job type {terms.name} takes one payload, and nothing beside it.")
    fields = envelope.args[0]
    if terms.sealed and isinstance(fields, dict):
        fields = sealer.unseal(cast("dict[str, Any]", fields))
    return terms.parse(fields)


class Admissions:
    """A worker's admissions: asked through its exchange, reported when the run is over."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker

    async def ask(self, attempt: "Attempt", terms: JobType[Any]) -> Deferred | None:
        """None when the job may run; else how long it is held and why. Waits while the server is away."""
        demands = demands_of(terms, attempt.served.limits, attempt.payload)
        if not demands:
            return None
        attempt.tenant = demands.tenant
        admission = await self._answer(attempt, demands)
        if admission.denial:
            return _held(admission.denial)
        attempt.stake = Stake(demands.exclusive, admission.passes)
        holds = attempt.stake.holds(attempt.claimed.lease)
        self._worker.leases.holds.take(holds, lambda: self._lose(attempt))
        return None

    async def _answer(self, attempt: "Attempt", demands: Demands) -> Admission:
        claimed, heard = attempt.claimed, asyncio.get_running_loop().create_future()
        lease_ms = self._worker.leases.lease_ms
        call = scripts.admit(claimed.lease, claimed.lane, int(claimed.was_held), lease_ms, demands.told)

        def decline(admission: Admission) -> None:
            """The attempt was stopped before it heard that it may run."""
            if not admission.denial:
                self._report(claimed.lease, Stake(demands.exclusive, admission.passes), UNBLAMED)

        def hear(admission: Admission) -> None:
            decline(admission) if heard.done() else heard.set_result(admission)

        unclear = Admission(denial=_UNCLEAR)
        self._worker.exchange.post(Parcel(call, hear, refused=lambda: hear(unclear)))
        try:
            return await heard
        except asyncio.CancelledError:
            if not heard.cancelled():  # it was answered in the same moment
                decline(heard.result())
            raise

    def _lose(self, attempt: "Attempt") -> None:
        """Another job has its key, after an outage or a stall: it is given back, and runs again."""
        logger.warning("%s has lost %s to another job", attempt.job_id, attempt.stake.exclusive)
        self._worker.stop_attempt(attempt, Stop.DRAIN)

    def leave(self, attempt: "Attempt") -> None:
        """The run is over: tell how its dependencies did, and give back what it held."""
        stake, lease, attempt.stake = attempt.stake, attempt.claimed.lease, NO_STAKE
        if stake is not NO_STAKE:
            self._worker.leases.holds.drop(stake.holds(lease))
            self._report(lease, stake, attempt.blame)

    def _report(self, lease: Lease, stake: Stake, blame: Blame) -> None:
        wait_ms = milliseconds(blame.wait)
        verdicts = [Verdict(p.dependency, p.generation, blame.of(p.dependency), wait_ms) for p in stake.passes]
        call = scripts.report(lease, stake.exclusive, verdicts)
        self._worker.exchange.post(Parcel(call, lambda _: None))


def _held(denial: Denial) -> Deferred:
    return Deferred(timedelta(milliseconds=denial.wait_ms), _because(denial), "admission", held=True)


def _because(denial: Denial) -> str:
    match denial.kind:
        case "exclusive":
            return f"{denial.why} for {denial.name}"
        case "breaker":
            return f"breaker {denial.name} {denial.why}"
        case "limit":
            return f"limit {denial.name}: {denial.why}" + (f", for {denial.key}" if denial.key else "")
        case _:
            return denial.why
