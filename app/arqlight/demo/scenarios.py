"""The stories that the demonstration can tell, act by act. What nobody asks for by name is the weather of any day."""

from collections.abc import Mapping
from datetime import timedelta

from arqlight.demo.campaigning import Kind as Campaign
from arqlight.demo.playbill import Act, Cue, Operate, Scenario
from arqlight.demo.weather import Kind, Spell
from arqlight_core.jobs import State
from arqlight_core.selection import Selection
from arqlight_jobs.healer.words import SymptomId

ANY_DAY = Scenario("", 30.0, calm=False)

OUTAGE = Scenario(
    "provider-outage",
    80.0,
    (
        Act(2, "Three shops write to their customers over WhatsApp. All is well; watch crm:message."),
        Act(8, "A shop starts a campaign to 28 people.", Cue("campaign", {"kind": Campaign.RESTING})),
        Act(12, "WhatsApp goes down for 20 s: its answers are errors.", Spell(0, "whatsapp", Kind.OUTAGE, 20)),
        Act(13, "Customers' orders go on meanwhile.", Cue("messages", {"count": 12})),
        Act(18, "Five faults in a row open its breaker (key 4): jobs are held then, and burn no attempt."),
        Act(32, "WhatsApp is back. The breaker tries one job, then lets more and more through."),
        Act(40, "SendGrid does not know our key for 8 s: mails wait for it.", Spell(0, "sendgrid", Kind.EXPIRED, 8)),
        Act(48, "SendGrid knows it again."),
        Act(
            58,
            "An operator retries what was given up meanwhile: `arqlight retry crm:message --state dead --all`.",
            Operate(
                "retry",
                {
                    "selection": Selection("crm:message", State.DEAD, everything=True),
                    "reason": "WhatsApp is back",
                },
            ),
        ),
        Act(70, "Nothing was lost, and nobody got anything twice: the account at the end says so."),
    ),
)

DEPLOY = Scenario(
    "bad-deploy",
    85.0,
    (
        Act(2, "Ten WordPress sites, three shops: all is well."),
        Act(
            6,
            "A release breaks a plugin on three sites at once: look at `:incidents`.",
            Cue("fall_ill", {"symptom": SymptomId.PLUGIN_FATAL, "sites": 3}),
        ),
        Act(
            8, "It also asks the language model in a way that it does not take.", Spell(0, "openai", Kind.REJECTED, 28)
        ),
        Act(9, "Twelve customers ask something; none gets an answer.", Cue("questions", {"count": 12})),
        Act(18, "Key 2: so many dead letters of crm:ai are one bug. The sites are being healed by themselves."),
        Act(
            22,
            "An operator pauses crm:ai until the release is taken back.",
            Operate("pause", {"queue": "crm:ai", "reason": "a release asks for what the model does not take"}),
        ),
        Act(23, "Questions go on: they wait.", Cue("questions", {"count": 4})),
        Act(37, "The release is taken back."),
        Act(
            40,
            "The queue goes on, slowly at first.",
            Operate("resume", {"queue": "crm:ai", "reason": "taken back", "ramp": timedelta(seconds=5)}),
        ),
        Act(
            46,
            "The dead letters are retried, and answered: `arqlight retry crm:ai --state dead --all`.",
            Operate(
                "retry",
                {"selection": Selection("crm:ai", State.DEAD, everything=True), "reason": "the release is taken back"},
            ),
        ),
        Act(60, "An intruder leaves a way into a site.", Cue("fall_ill", {"symptom": SymptomId.MALWARE, "sites": 1})),
        Act(75, "Key 9 is the audit trail: who paused, resumed and retried, and why."),
    ),
)

BURST = Scenario(
    "burst",
    85.0,
    (
        Act(2, "An ordinary minute. WhatsApp senders may send 20 messages in one: watch crm:message."),
        Act(6, "A newsletter makes 80 people order at once.", Cue("messages", {"count": 80})),
        Act(9, "Three campaigns begin as well: a small one ...", Cue("campaign", {"kind": Campaign.SMALL})),
        Act(11, "... a larger one ...", Cue("campaign", {"kind": Campaign.RESTING})),
        Act(13, "... and one by mail.", Cue("campaign", {"kind": Campaign.MAIL})),
        Act(18, "The limit holds what is too much (key 4). Open a job that is held: it says why, and until when."),
        Act(24, "A shop imports 300 customers from a file with 60 bad rows.", Cue("import_bad", {"bad": 60})),
        Act(30, "Eighty checks of sites are asked for at once; ten run at a time.", Cue("checks", {"count": 80})),
        Act(
            36,
            "An operator allows 200 messages a minute for two minutes: `arqlight set-rate`.",
            Operate(
                "set_rate",
                {
                    "queue": "crm:message",
                    "value": "200/min",
                    "reason": "the newsletter",
                    "for_": timedelta(minutes=2),
                },
            ),
        ),
        Act(55, "The line is short again; the rate goes back by itself."),
        Act(70, "`arqlight imports` tells what became of the file, and why each bad row is one."),
    ),
)

QUIET = Scenario(
    "quiet",
    70.0,
    (
        Act(2, "A quiet day: nothing breaks by itself."),
        Act(10, "A theme is saved half.", Cue("fall_ill", {"symptom": SymptomId.THEME_FATAL, "sites": 1})),
        Act(14, "A check has found it: an incident is opened, the site is backed up, and healed (`:incidents`)."),
        Act(25, "A shop starts a small campaign (`:campaigns`).", Cue("campaign", {"kind": Campaign.SMALL})),
        Act(
            35,
            "Somebody pauses crm:export for a look.",
            Operate("pause", {"queue": "crm:export", "reason": "somebody has a question"}),
        ),
        Act(50, "And resumes it.", Operate("resume", {"queue": "crm:export", "reason": "it is answered"})),
        Act(60, "`?` shows every key of the screen at hand, `:` finds anything by its name."),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {one.name: one for one in (OUTAGE, DEPLOY, BURST, QUIET)}


def scenario_of(name: str | None) -> Scenario:
    """The scenario of that name, or any day for none."""
    return SCENARIOS[name] if name else ANY_DAY
