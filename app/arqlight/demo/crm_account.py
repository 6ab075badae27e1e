"""What became of the campaigns and messages of the show: by the records, and by what the providers have taken."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from arqlight.demo.campaigning import Run
from arqlight.demo.telling import Section
from arqlight_jobs.crm.campaigns import CampaignState

COUNTED = ("sent", "failed", "skipped", "unknown", "cancelled", "left")
COLUMNS = ("campaigns", "done", "stopped", "recipients", *COUNTED)


def twice(effects: Mapping[str, int], those: Collection[str] | None = None) -> int:
    """How many of these effects, or of all, took place more than once."""
    return sum(many > 1 for effect, many in effects.items() if those is None or effect in those)


def messages_section(
    runs: Sequence[Run], at_whatsapp: Counter[str], at_sendgrid: Counter[str], marks: Collection[str]
) -> Section:
    """The part of the summary. `marks` are the mails that may be there once at most."""
    again = twice(at_whatsapp) + twice(at_sendgrid, marks)
    ways = sorted({one.channel for one in runs})
    lines = {way: _line([one for one in runs if one.channel == way]) for way in ways}
    facts = {**_line(runs), "messages_at_whatsapp": at_whatsapp.total(), "seen_twice": again, "by_channel": lines}
    rows = [[way, *(line[column] for column in COLUMNS)] for way, line in lines.items()]
    return Section("campaigns", facts, _sentence(facts), ("channel", *COLUMNS), rows, wrong=bool(again))


def _line(runs: Iterable[Run]) -> dict[str, Any]:
    those = list(runs)
    states = Counter(one.state for one in those)
    counts = {name: sum(getattr(one.counts, name) for one in those) for name in COUNTED}
    told = {"campaigns": len(those), "done": states[CampaignState.DONE], "stopped": states[CampaignState.STOPPED]}
    return {**told, "recipients": sum(counts.values()), **counts}


def _sentence(facts: Mapping[str, Any]) -> str:
    if not facts["campaigns"]:
        return "No campaign was started."
    again = f"{facts['seen_twice']} WERE SEEN TWICE" if facts["seen_twice"] else "seen twice: 0"
    return (
        f"{facts['campaigns']} campaigns, {facts['done']} done and {facts['stopped']} stopped for too many failures: "
        f"of {facts['recipients']} recipients {facts['sent']} got it, {facts['unknown']} perhaps, {facts['left']} "
        f"have not yet; {again}."
    )
