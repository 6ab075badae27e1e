"""Compare the site with how it was when it was well, three rounds long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer import gathering
from arqlight_jobs.healer.appearance import Complaint, Look, complaints
from arqlight_jobs.healer.baseline import healthy_of, stored, usual_of
from arqlight_jobs.healer.bounds import alike
from arqlight_jobs.healer.case import Case, Finding, Outcome, Phase
from arqlight_jobs.healer.evidence import Logs
from arqlight_jobs.healer.log_reading import read_logs
from arqlight_jobs.healer.probe import VERIFY_PAGES, Outside, guard_of, look
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.symptoms import likely, symptoms_of
from arqlight_jobs.healer.taking_baselines import Observer
from arqlight_jobs.healer.verify import GOOD_ROUNDS, Verdict, in_logs, since, verdict_on, with_middle_times
from arqlight_jobs.healer.words import Symptom, SymptomId
from arqlight_jobs.offload import in_thread

Pause = Callable[[float], Awaitable[None]]
MOST_TOLD = 5
HIDDEN = (SymptomId.CRON_STALLED, SymptomId.CORE_CORRUPT)
"""What only a thorough look finds."""


async def carry_out(case: Case, pause: Pause = asyncio.sleep) -> Finding:
    """Look at the site until it is known whether it is well."""
    if case.output_of(Phase.FIX_ATTEMPT).get("dry_run"):
        told = "It was a dry run: nothing was changed, so nothing can be better."
        return Finding(Outcome.FAILED, told, {"verdict": Verdict.FAIL.value, "dry_run": True})
    before = await in_thread(lambda: stored(case.files))
    verifying = await _begun(case)
    while (verdict := verdict_on(verifying.told, before.complaints if before else ())) is None:
        if verifying.told:
            await pause(case.settings.verify_pause)
        await verifying.look_again()
    if verdict is not Verdict.WELL:
        return _not_well(verdict, verifying.told)
    if left := await verifying.what_is_left():
        told = f"Its pages are well, and it still has {left.fingerprint}."
        return Finding(
            Outcome.FAILED, told, {"verdict": Verdict.FAIL.value, "rounds": len(verifying.told), "wrong": [told]}
        )
    with suppress(OSError, ArqlightError):  # the site is well, whether that can be kept or not
        await Observer(case.site, case.client, case.settings).well(verifying.seen[-GOOD_ROUNDS:])
    rounds = len(verifying.told)
    return Finding(Outcome.PASSED, f"{GOOD_ROUNDS} good rounds in a row.", {"verdict": verdict.value, "rounds": rounds})


@dataclass(slots=True)
class _Verifying:
    """The looks at a site after a fix. `before` is what its logs told when the first of them was made."""

    case: Case
    root: Path | None
    before: Logs
    known: Logs
    """What they told after the last bad round: PHP may run what was there before the fix for some seconds more."""
    usual: Sequence[Look]
    seen: list[Outside] = field(default_factory=list[Outside])
    told: list[tuple[Complaint, ...]] = field(default_factory=list[tuple[Complaint, ...]])
    """What was wrong in each round."""

    async def look_again(self) -> None:
        """One more round."""
        case = self.case
        outside = await look(case.site, case.client, guard_of(case.settings), VERIFY_PAGES)
        logs = await _logs(case, self.root)
        component = case.incident.fingerprint.partition(":")[2]
        self.seen.append(outside)
        told = (*complaints(outside, self.usual), *in_logs(self.before, since(self.known, logs), component))
        self.known = logs if told else self.known
        self.told.append(told)
        case.run.progress(self._good(), GOOD_ROUNDS, "good rounds")

    async def what_is_left(self) -> Symptom | None:
        """What the incident is about, when that is still there; not everything shows on the pages."""
        case, sought = self.case, self.case.incident.fingerprint
        if not sought:
            return None
        usual = await usual_of(case.settings, case.site.id)
        seen = await gathering.outside(case.site, case.client, case.settings, usual)
        thorough = sought.partition(":")[0] in HIDDEN
        found = await gathering.inside(case.site, seen, thorough=thorough)
        pages = with_middle_times(found.pages, [outside.pages for outside in self.seen[-GOOD_ROUNDS:]])
        logs = since(self.known, found.logs) if found.logs else None
        fresh = msgspec.structs.replace(found, pages=pages, logs=logs)
        return next((one for one in likely(symptoms_of(fresh)) if alike(one.fingerprint, sought)), None)

    def _good(self) -> int:
        """How many rounds were good, counted from the last."""
        bad = next((number for number, told in enumerate(reversed(self.told)) if told), len(self.told))
        return min(bad, GOOD_ROUNDS)


async def _begun(case: Case) -> _Verifying:
    given = case.site.root
    root = await in_thread(lambda: open_root(given)) if given else None
    healthy = await healthy_of(case.settings, case.site.id)
    known = await _known(case, root)
    return _Verifying(case, root, known, known, healthy.pages if healthy else ())


async def _known(case: Case, root: Path | None) -> Logs:
    """What the logs told at first; a run before this one has noted that before it looked."""
    name = f"verify-{case.incident.version}.json"
    with suppress(OSError, ValueError, ArqlightError):
        return msgspec.json.decode(await in_thread(lambda: case.files.read(name)), type=Logs)
    logs = await _logs(case, root)
    await in_thread(lambda: case.files.write(name, msgspec.json.encode(logs)))
    return logs


async def _logs(case: Case, root: Path | None) -> Logs:
    return await in_thread(lambda: read_logs(root, case.site.logs))


def _not_well(verdict: Verdict, told: Sequence[tuple[Complaint, ...]]) -> Finding:
    last = next(complaints for complaints in reversed(told) if complaints)
    wrong = [one.sentence for one in last[:MOST_TOLD]]
    worse = "It is worse than before: " if verdict is Verdict.WORSE else ""
    output = {"verdict": verdict.value, "rounds": len(told), "wrong": wrong}
    return Finding(Outcome.FAILED, f"{worse}{wrong[0]}", output)
