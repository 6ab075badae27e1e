"""A queue with a job in every state, and each script of ours called so that it has something to do there."""

from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.audit import Link
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import Lease
from arqlight_core.observe.alerts import Severity
from arqlight_core.observe.episodes import Episode, Phase
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED, QueueKeys
from arqlight_core.store.scripts import (
    Appetite,
    Burial,
    Call,
    Change,
    ChildEnd,
    Copy,
    Deferral,
    FinishedJob,
    Firing,
    Hold,
    NewJob,
    Retrial,
    Spawned,
    Steering,
    Step,
    Verdict,
)

QUEUE = QueueKeys.declared("test:rights")
HALTED = QueueKeys.declared("test:halted")
PAYLOAD = encode_job(Envelope("work", ({"n": 1},), {}, 1_000))
LONG = 600_000
FIRING = Episode("dead letters", "test:rights", "", Severity.WARNING, "has one", "", 1, Phase.FIRING, id="e1")
SILENCE = scripts.Silence("dead-letters", "ada", "", 1, 2)
DEMANDS = '{"exclusive": "site", "needs": [], "limits": []}'


@dataclass(frozen=True)
class Scene:
    """Jobs: `dead`, `live` (runs), `next` (waits), `later` (scheduled); a bulk is under way, a purge can be undone."""

    lease: Lease

    @classmethod
    async def of(cls, store: Store) -> "Scene":
        raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - the scene is set below the store
        await raw.flushall()
        await store.publish_queues({queue.name: {"wire": queue.wire} for queue in (QUEUE, HALTED)})
        jobs = [NewJob(name, PAYLOAD) for name in ("dead", "live", "next")]
        await store.run(scripts.enqueue(QUEUE, [*jobs, NewJob("later", PAYLOAD, LONG)]))
        claimed = await store.run(scripts.claim(QUEUE, Appetite(2), LONG, LONG, "w1", 1))
        dead, live = (job.lease for job in claimed.jobs)
        await store.run(scripts.bury(QUEUE, dead, Burial("dead", "broken", b"", "E: e", b"r", LONG)))
        await store.run(scripts.spawned(QUEUE, live, Spawned(1, 0, "work", "test:rights", 0, 2)))
        await store.run(scripts.set_hold(QUEUE, "h1", "{}", "ada", "", 0))
        await store.run(scripts.override(QUEUE.name, "rate", "3/min", "ada", "", 0))
        await _extras(raw)
        return cls(live)

    def calls(self) -> dict[str, Call[Any]]:
        """Every script, by its name."""
        return {call.name: call for call in (*_looks(), *_steering(), *_acts(), *self._works(), *_keeps())}

    def _works(self) -> list[Call[Any]]:
        lease = self.lease
        return [
            scripts.admit(lease, 0.0, 0, LONG, DEMANDS),
            scripts.await_children(QUEUE, lease, 1, "work"),
            scripts.bury(QUEUE, lease, Burial("dead", "broken", b"", "E: e", b"r", LONG)),
            scripts.claim(QUEUE, Appetite(5), LONG, LONG, "w2", 1),
            scripts.defer(QUEUE, lease, Deferral(LONG, "later", "itself", "scheduled"), "work"),
            scripts.enqueue(
                QUEUE, [NewJob("new", PAYLOAD, 0, 0.5, "key", LONG, "drop"), NewJob("then", PAYLOAD, LONG)]
            ),
            scripts.finish(QUEUE, "w1", 1, [FinishedJob(lease, b"r", LONG, 5, "work")]),
            scripts.keep(LONG, [Hold(lease, "exclusive", "site")]),
            scripts.lapse(QUEUE, "w1", b"", 100),
            scripts.lead("alerts", "w1", LONG),
            scripts.note_alerts("alerts", "w1", [Change("dead", "")]),
            scripts.progress(QUEUE, lease, 1, 2, "half", ["line"]),
            scripts.release(QUEUE, lease),
            scripts.renew(QUEUE, LONG, LONG, [lease]),
            scripts.report(lease, "site", [Verdict("api", 0, "fault")]),
            scripts.retry(QUEUE, lease, Retrial(LONG, b"", "E: e", "work")),
            scripts.spawned(QUEUE, lease, Spawned(1, 1, "work", "test:rights", 2, 1)),
            scripts.tally(QUEUE, [ChildEnd("live", 1, 0, "completed")]),
        ]


async def _extras(raw: Any) -> None:
    """What takes many calls to come about by itself."""
    pipe, prefix = raw.pipeline(transaction=False), QUEUE.prefix
    pipe.hset(f"{prefix}bulk:b1", mapping={"state": "running", "operation": "purge"})
    pipe.hset(f"{prefix}trash:op1:note", mapping={"state": "waiting", "at": 1, "jobs": 1})
    pipe.zadd(f"{prefix}trash:op1", {"gone": 1})
    pipe.set(f"{prefix}trash:op1:arq:job:gone", PAYLOAD)
    pipe.hset(f"{prefix}schedule:halted", mapping={"by": "ada"})
    pipe.hset(f"{HALTED.prefix}paused", mapping={"by": "ada", "reason": "", "at": 1})
    pipe.hset(f"{SHARED.prefix}breaker:api", mapping={"forced": "open", "forced_until": 1})
    pipe.hset(f"{SHARED.prefix}alerts", "dead", msgspec.json.encode(FIRING))
    pipe.set(f"{SHARED.prefix}leader:alerts", "w1")
    pipe.hset(f"{SHARED.prefix}silences", "s1", msgspec.json.encode(SILENCE))
    pipe.zadd(f"{prefix}held", {"left behind": 1, "stray": 10**14})
    pipe.zadd(QUEUE.wire, {"stray": 10**14})
    pipe.hset("arqlight:job:stray", mapping={"parked": LONG, "parked_as": "waiting"})
    await pipe.execute()


def _looks() -> list[Call[Any]]:
    return [
        scripts.ahead(QUEUE, "next"),
        scripts.alarms("alerts"),
        scripts.dependencies(["api"]),
        scripts.bodies(QUEUE, ["next"]),
        scripts.breaker(QUEUE, ""),
        scripts.bulks(QUEUE, "newest", 5),
        scripts.children(QUEUE, "live", 0, 2),
        scripts.extent(QUEUE, "waiting", LONG),
        scripts.failures(QUEUE, "", 0, 5),
        scripts.happened(QUEUE, "breaker", 0),
        scripts.holds(QUEUE, 5),
        scripts.horizon(QUEUE, "scheduled"),
        scripts.inspect(QUEUE, "next"),
        scripts.latest(QUEUE, "dead", "+inf", "", 5),
        scripts.limits(1, ["sending"]),
        scripts.measures(QUEUE, "minute", 1, 1, ""),
        scripts.orders(["w1"]),
        scripts.overview(QUEUE, 5),
        scripts.throughput(QUEUE, 5),
        scripts.usage("sending", "", 1, [60_000]),
        scripts.rights(["PING"]),
        scripts.tokens(["ada"]),
        scripts.rows(QUEUE, "waiting", ["next"]),
        scripts.schedules(QUEUE, ["daily"]),
        scripts.states(QUEUE, ["next"]),
        scripts.trash(QUEUE, 0, 5),
        scripts.trail("", 5, "older"),
        scripts.trash(QUEUE, 0, 5),
        scripts.walk(QUEUE, "waiting", "", LONG, 5, 1),
        scripts.warranted(QUEUE, "w"),
        scripts.window(QUEUE, "waiting", 0, 5),
    ]


def _steering() -> list[Call[Any]]:
    return [
        scripts.account(QUEUE, "b1", "w1", LONG),
        scripts.acknowledge("ada", "", ["dead"]),
        scripts.lift_silence("s1", "ada", ""),
        scripts.silence("s2", "dead-letters", "ada", "", LONG),
        scripts.carry(QUEUE, "b1", "w1", LONG),
        scripts.conclude(QUEUE, "b1", "running", "done", "ada", "", ""),
        scripts.lift_hold(QUEUE, "h1", "ada", ""),
        scripts.override(QUEUE.name, "concurrency", "3", "ada", "", 0),
        scripts.pause(QUEUE, "ada", ""),
        scripts.pause_schedule(QUEUE, "daily", "ada", ""),
        scripts.record("0" * 64, Link("1-0", b"{}", "1" * 64), 1, 5),
        scripts.recover(SHARED, "api", LONG),
        scripts.request("w1", "quiet", "ada", "", LONG),
        scripts.restore(QUEUE.name, "rate", "ada", ""),
        scripts.resume(HALTED, "ada", ""),
        scripts.resume_schedule(QUEUE, "halted", "ada", ""),
        scripts.set_hold(QUEUE, "h2", "{}", "ada", "", 0),
        scripts.steer(QUEUE, "", Steering("open", LONG, "ada", "")),
        scripts.submit(QUEUE, scripts.Submission("b2", "purge", "{}", 1, "ada", "", "ref")),
    ]


def _acts() -> list[Call[Any]]:
    step = Step("b1", 1, "", "dead,waiting", "ada", "")
    later, stray = Step("b1", 1, "", "scheduled", "ada", ""), Step("b1", 1, "", "held", "ada", "")
    firing = Firing("daily", "t", 0, 0, 1, 0, "", PAYLOAD, 0.0)
    return [
        scripts.call_off(QUEUE, step, 0, [b""], ["next"]),
        scripts.keep_token("ada", "viewer", "digest", "me", 0),
        scripts.drop_token("bob", "me"),
        scripts.pace("ada", 1000, 10),
        scripts.delay(QUEUE, step, 0, LONG, ["next"]),
        scripts.empty_trash(QUEUE, "op1", 5, "ada", ""),
        scripts.fire(QUEUE, firing, [NewJob("tick", PAYLOAD)]),
        scripts.park(QUEUE, step, ["next"]),
        scripts.prioritize(QUEUE, step, 0.5, ["next"]),
        scripts.promote(QUEUE, later, ["later"]),
        scripts.purge(QUEUE, step, LONG, ["next"]),
        scripts.requeue(QUEUE, step, 0, [Copy("copy", PAYLOAD, 0.0)], ["next"]),
        scripts.revive(QUEUE, step, ["dead"]),
        scripts.run_schedule(QUEUE, "daily", "ada", "", "tock", PAYLOAD, 0.0),
        scripts.undo(QUEUE, step, "op1", ["gone"]),
        scripts.unpark(QUEUE, stray, ["stray"]),
    ]


def _keeps() -> list[Call[Any]]:
    return [
        scripts.prune(QUEUE, "dead", 0, 0, 10, 1),
        scripts.rollup(QUEUE, LONG),
        scripts.gauge(QUEUE, LONG),
        scripts.sweep(QUEUE, "held", 0, 10),
    ]
