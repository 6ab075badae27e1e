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

TOUR = Scenario(
    "",
    30.0,
    (
        Act(0, "All of this is invented, and stays on this machine. Enter opens a queue, `1` comes back, `q` leaves."),
        Act(14, "Providers fail now and then, as they do. What is wrong stands at the top: `!` goes there."),
        Act(28, "`:incidents` are WordPress sites that fall ill and are healed, `:campaigns` messages to many."),
        Act(42, "Key 4: breakers and limits. Key 2: hundreds of failures as the few bugs that they are."),
        Act(56, "`a` shows what can be done to what is under the cursor, `?` every key."),
    ),
    calm=False,
)
"""Any day, told to somebody who sits at the screen."""

THE_END = "That was the story; an ordinary day follows. `?` shows every key, `q` leaves and gives an account."

OUTAGE = Scenario(
    "provider-outage",
    85.0,
    (
        Act(2, "Three shops write to their customers over WhatsApp. All is well; watch crm:message."),
        Act(8, "A shop starts a campaign to 28 people.", Cue("campaigns", {"kinds": [Campaign.RESTING]})),
        Act(12, "WhatsApp goes down for 20 s: its answers are errors.", Spell(0, "whatsapp", Kind.OUTAGE, 20)),
        Act(14, "Customers' orders go on.", Cue("messages", {"count": 12})),
        Act(20, "Five faults in a row open its breaker (`4`, then `/whatsapp`): jobs are held, and burn no attempt."),
        Act(32, "WhatsApp is back. The breaker tries one job, then lets more and more through."),
        Act(40, "SendGrid does not know our key for 8 s: mails wait for it.", Spell(0, "sendgrid", Kind.EXPIRED, 8)),
        Act(48, "SendGrid knows it again."),
        Act(58, "What had failed before the breaker opened was tried again by itself, and nothing was given up."),
        Act(70, "Nothing was lost, and nobody got anything twice: the account at the end says so."),
        Act(82, THE_END),
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
            11, "It also asks the language model in a way that it does not take.", Spell(0, "openai", Kind.REJECTED, 26)
        ),
        Act(13, "Twelve customers ask something; none gets an answer.", Cue("questions", {"count": 12})),
        Act(19, "Key 2: so many dead letters of crm:ai are one bug. The sites are being healed by themselves."),
        Act(
            25,
            "An operator pauses crm:ai until the release is taken back.",
            Operate("pause", {"queue": "crm:ai", "reason": "a release asks for what the model does not take"}),
        ),
        Act(28, "Questions go on: they wait.", Cue("questions", {"count": 4})),
        Act(37, "The release is taken back."),
        Act(
            42,
            "The queue goes on, slowly at first.",
            Operate("resume", {"queue": "crm:ai", "reason": "taken back", "ramp": timedelta(seconds=5)}),
        ),
        Act(
            48,
            "The dead letters are retried, and answered: `arqlight retry crm:ai --state dead --all`.",
            Operate(
                "retry",
                {"selection": Selection("crm:ai", State.DEAD, everything=True), "reason": "the release is taken back"},
            ),
        ),
        Act(60, "An intruder leaves a way into a site.", Cue("fall_ill", {"symptom": SymptomId.MALWARE, "sites": 1})),
        Act(70, "Key 9 is the audit trail: `/operator` shows who paused, resumed and retried, and why."),
        Act(82, THE_END),
    ),
)

BURST = Scenario(
    "burst",
    85.0,
    (
        Act(2, "An ordinary minute. WhatsApp senders may send 20 messages in one: watch crm:message."),
        Act(6, "A newsletter makes 80 people order at once.", Cue("messages", {"count": 80})),
        Act(
            10,
            "Three campaigns begin as well, one of them by mail.",
            Cue("campaigns", {"kinds": [Campaign.SMALL, Campaign.RESTING, Campaign.MAIL]}),
        ),
        Act(17, "The limit holds what is too much (`4`, then `/sender`). A job that is held says why, and until when."),
        Act(
            24,
            "A shop takes 160 customers in from a file with 60 bad rows: `:crm:import completed`.",
            Cue("import_bad", {"bad": 60}),
        ),
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
        Act(68, "Key 9 is the audit trail: `/operator` shows who allowed more, and why."),
        Act(82, THE_END),
    ),
)

QUIET = Scenario(
    "quiet",
    70.0,
    (
        Act(2, "A quiet day: nothing breaks by itself."),
        Act(10, "A theme is saved half.", Cue("fall_ill", {"symptom": SymptomId.THEME_FATAL, "sites": 1})),
        Act(14, "A check found it: an incident is opened, the site is backed up, and a fix is tried (`:incidents`)."),
        Act(25, "A shop starts a small campaign (`:campaigns`).", Cue("campaigns", {"kinds": [Campaign.SMALL]})),
        Act(
            35,
            "Somebody pauses crm:export for a look.",
            Operate("pause", {"queue": "crm:export", "reason": "somebody has a question"}),
        ),
        Act(43, "The theme is whole again: `:incidents` has the site as FIXED, and enter shows how it came there."),
        Act(50, "And resumes it.", Operate("resume", {"queue": "crm:export", "reason": "it is answered"})),
        Act(60, "`:` finds anything by its name: a view, a queue, a job, a command."),
        Act(68, THE_END),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {one.name: one for one in (OUTAGE, DEPLOY, BURST, QUIET)}


def scenario_of(name: str | None, *, on_screen: bool = False) -> Scenario:
    """The scenario of that name; for none any day, with a word on what there is to see where somebody sees it."""
    if name:
        return SCENARIOS[name]
    return TOUR if on_screen else ANY_DAY
