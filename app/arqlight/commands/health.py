"""`arqlight health`: how sites, servers and the fleet were when they were last looked at, and before."""

from arqlight import output
from arqlight.output import age
from arqlight_core.clock import now
from arqlight_core.settings import load
from arqlight_jobs.healer.health.samples import LookView, Sample, Samples
from arqlight_jobs.healer.records import records

_MILLISECONDS = 1000


async def health(target: str = "", /, *, limit: int = 50, json: bool = False) -> None:
    """The last look at each site, server and the fleet; with a target, its looks, newest first.

    Args:
        target: A site, a server, or `fleet`.
        limit: How many looks at a target.
        json: Print JSON.
    """
    async with records(load()) as opened:
        samples = Samples(opened.engine)
        found = await (samples.of_target(target, limit) if target else samples.newest())
    if json:
        output.as_json([LookView.of(one) for one in found])
    elif found:
        output.table(["what", "target", "grade", "when", "remarks"], map(_row, found), spare=["remarks"])
    else:
        output.say("Nothing was looked at yet: `arqlight fleet` does, every five minutes.")


def _row(one: Sample) -> list[object]:
    look = one.look
    ago = f"{age(int((now() - look.at).total_seconds() * _MILLISECONDS))} ago"
    return [one.kind.value, one.target, look.grade.word, ago, "; ".join(remark.text for remark in look.remarks) or "-"]
