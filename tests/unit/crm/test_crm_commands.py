"""`arqlight tenant`, `campaign` and `effects`: what they say to people and programs, and to who asks for nonsense."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from arqlight_core.clock import now
from arqlight_core.settings import Settings, load
from arqlight_jobs.crm.campaigns import RecipientState
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.tables.messaging import campaigns, recipients
from arqlight_jobs.outbound.effects import Holder, State, outbox
from tests.unit.shell import Shell

KEY, JOB = "message:spring:c1", "{crm:message}:acme:spring:c1:0"
CREATE = "campaign create spring --tenant acme --sender 106 --content hello"


@pytest.fixture
def office(shell: Shell, tmp_path: Path) -> Shell:
    """The command line, with a tenant that has a sender and a content."""
    shell.patch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    shell.patch.delenv("DATABASE_URL", raising=False)
    shell.patch.setenv("ARQLIGHT_ACTOR", "ada")
    assert shell.run("tenant", "add", "acme", "--region", "ch") == "acme\n"
    shell.run("tenant", "sender", "acme", "106")
    shell.run("tenant", "content", "acme", "hello", str(written(tmp_path)), "--kind", "template")
    return shell


def written(folder: Path, body: Any = None) -> Path:
    file = folder / "hello.json"
    file.write_text(json.dumps(body or {"name": "hello", "language": "de"}))
    return file


def recorded(settings: Settings, **states: int) -> None:
    """Recipients of the campaign spring, so many in each state."""
    told = {"campaign": "spring", "round": 0, "at": now()}
    rows = [
        {**told, "contact": f"{state}-{place}", "state": state, "reason": "" if state == "sent" else f"why {state}"}
        for state, many in states.items()
        for place in range(many)
    ]

    async def put() -> None:
        async with records(settings) as opened, opened.engine.begin() as connection:
            await connection.execute(insert(recipients), rows)
            await connection.execute(campaigns.update().values(total=len(rows)))

    asyncio.run(put())


def unknown(settings: Settings, key: str = KEY, job: str = JOB) -> None:
    """An effect whose outcome nobody knows."""

    async def put() -> None:
        async with outbox(settings) as box:
            holder = Holder(job, 1)
            assert await box.take(await box.seen(key, holder), holder)
            await box.close(key, holder, State.UNKNOWN, reason="a run ended while it was sending")

    asyncio.run(put())


# ---------------------------------------------------------------------- tenants


def test_a_tenant_is_told_with_what_it_has(office: Shell) -> None:
    assert office.run("tenant", "sender", "acme", "106", "--tier", "2000") == "106 is changed\n"
    assert office.told("tenant", "user", "acme", "ada", "--channel", "telegram") == {"id": "ada", "new": True}
    assert office.told("tenant", "show", "acme") == {
        "id": "acme",
        "name": "acme",
        "region": "CH",
        "mailBy": "smtp",
        "mailFrom": "",
        "contacts": 0,
        "senders": {"106": 2000},
        "users": ["ada"],
        "contents": {"hello": "template"},
    }
    assert office.told("tenant", "list") == [office.told("tenant", "show", "acme")]
    assert "106 (tier 2000)" in office.run("tenant", "show", "acme")
    assert office.run("tenant", "list").splitlines()[1].split() == ["acme", "acme", "CH", "smtp", "0", "1", "1", "1"]


def test_without_any_tenant_the_list_says_what_to_do(shell: Shell, tmp_path: Path) -> None:
    shell.patch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    assert "`arqlight tenant add ID`" in shell.run("tenant", "list")
    assert "`arqlight campaign create`" in shell.run("campaign", "list")
    assert shell.run("effects", "list") == "No effect is unknown.\n"


# ---------------------------------------------------------------------- campaigns


def test_a_campaign_goes_from_draft_to_its_end(office: Shell) -> None:
    said = office.run(*CREATE.split(), "--everyone", "--name", "Spring sale")
    assert said == "spring is a draft; `arqlight campaign start spring`\n"
    assert office.run("campaign", "start", "spring") == "Campaign spring is running.\n"
    [job] = office.told("jobs", "crm:campaign")["rows"]
    assert (job["job_type"], job["id"]) == ("crm.campaign.run", "{crm:campaign}:spring")
    assert office.told("campaign", "pause", "spring", "--reason", "wrong text")["state"] == "paused"
    assert office.run("campaign", "resume", "spring") == "Campaign spring is running.\n"
    recorded(load(), sent=3, failed=1, pending=4)
    shown = office.told("campaign", "show", "spring")
    assert (shown["campaign"]["left"], shown["campaign"]["share"], len(shown["past_hour"])) == (4, 0.5, 60)
    assert shown["reasons"] == [{"text": "why failed", "count": 1}]
    assert [move["target"] for move in shown["moves"]] == ["running", "paused", "running"]
    said = office.run("campaign", "show", "spring")
    assert "50% of 8, 4 pending, 3 sent, 1 failed" in said
    assert "ada paused it: wrong text" in said
    assert "arqlight flow" in said
    assert office.run("campaign", "cancel", "spring", "--reason", "sold out") == "Campaign spring is cancelled.\n"
    assert office.told("campaign", "list", "--open") == []
    assert office.run("campaign", "list").splitlines()[1].split()[:4] == ["spring", "acme", "cancelled", "50%"]
    asked = [row["operation"] for row in office.told("audit") if row["operation"].endswith("_campaign")]
    assert asked == ["cancel_campaign", "resume_campaign", "pause_campaign", "start_campaign"]


def test_the_end_of_a_large_campaign_is_confirmed_with_how_many_are_left(office: Shell) -> None:
    office.run(*CREATE.split(), "--tag", "vip")
    office.run("campaign", "start", "spring")
    recorded(load(), pending=150)
    office.run("campaign", "cancel", "spring", expect=2)
    assert "150 have not got it" in office.complained
    assert "arqlight campaign cancel spring --confirm 150" in office.complained
    office.run("campaign", "cancel", "spring", "--confirm", "149", expect=2)
    assert office.told("campaign", "show", "spring")["campaign"]["state"] == "running"
    office.run("campaign", "cancel", "spring", "--confirm", "150")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (CREATE, "in one way: --tag, --contact or --everyone"),
        (f"{CREATE} --everyone --tag vip", "in one way: --tag, --contact or --everyone"),
        (f"{CREATE.replace('spring', 'a:b')} --everyone", "is no id for a campaign"),
        (f"{CREATE.replace('acme', 'nobody')} --everyone", "There is no tenant nobody"),
        (f"{CREATE.replace('106', '107')} --everyone", "There is no sender 107"),
        (f"{CREATE.replace('hello', 'bye')} --everyone", "There is no content bye"),
        (f"{CREATE} --everyone --channel pigeon", "channel"),
        ("campaign start nowhere", "There is no campaign nowhere"),
        ("campaign pause nowhere", "There is no campaign nowhere"),
        ("campaign resume nowhere", "There is no campaign nowhere"),
        ("campaign cancel nowhere", "There is no campaign nowhere"),
        ("campaign show nowhere", "There is no campaign nowhere"),
        ("campaign list --limit 0", "limit"),
        ("tenant add acme", "There is a tenant acme already"),
        ("tenant add x --mail-by pigeon", "mail-by"),
        ("tenant show nobody", "There is no tenant nobody"),
        ("tenant sender acme 106 --tier -1", "tier"),
        (f"tenant sender acme 106 --tier {2**31}", "tier"),
        ("tenant content acme x /nowhere.json --kind text", "cannot be read"),
        ("tenant content acme x /nowhere.json --kind song", "kind"),
        ("effects settle nothing --not-sent", "There is no effect nothing"),
        ("effects settle nothing", "--sent PROVIDER_ID, or --not-sent"),
        ("effects settle nothing --sent x --not-sent", "--sent PROVIDER_ID, or --not-sent"),
        ("effects list --state lost", "state"),
        ("--read-only campaign start spring", "changes something"),
        ("--read-only tenant add x", "changes something"),
        ("--read-only effects settle x --not-sent", "changes something"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(office: Shell, words: str, sentence: str) -> None:
    office.run(*words.split(), expect=2)
    assert sentence in office.complained
    assert len(office.complained.strip().splitlines()) == 1
    assert office.told("campaign", "list") == []
    assert [one["id"] for one in office.told("tenant", "list")] == ["acme"]


def test_a_content_that_is_no_json_object_is_refused(office: Shell, tmp_path: Path) -> None:
    for text in ("[]", "{", "\udcff"):
        (tmp_path / "bad.json").write_bytes(text.encode(errors="surrogateescape"))
        office.run("tenant", "content", "acme", "bad", str(tmp_path / "bad.json"), "--kind", "text", expect=2)
        assert "is no JSON object" in office.complained


# ---------------------------------------------------------------------- effects


def test_an_unknown_outcome_is_settled_by_an_operators_word_and_on_record(office: Shell) -> None:
    unknown(load())
    [row] = office.told("effects", "list")
    assert (row["key"], row["state"], row["job_id"]) == (KEY, "unknown", JOB)
    assert KEY in office.run("effects", "list")
    said = office.run("effects", "settle", KEY, "--not-sent", "--reason", "the log of WhatsApp has none")
    assert said.splitlines() == [
        f"{KEY} was not sent",
        f"its job sends it when it is retried: arqlight retry crm:message '{JOB}'",
    ]
    assert office.told("effects", "list") == []
    assert [one["key"] for one in office.told("effects", "list", "--state", "failed")] == [KEY]
    [entry] = office.told("audit", "--operation", "settle-effect")
    assert (entry["actor"], entry["target"], entry["reason"], entry["condition"]) == (
        "ada",
        KEY,
        "the log of WhatsApp has none",
        "done",
    )
    office.run("effects", "settle", KEY, "--not-sent", expect=2)
    assert f"the effect {KEY} is failed" in office.complained


def test_one_that_was_sent_keeps_the_providers_id(office: Shell) -> None:
    unknown(load(), "mail:1", "{crm:email}:mail:1")
    told = office.told("effects", "settle", "mail:1", "--sent", "wamid.A")
    assert (told["state"], told["provider_id"]) == ("sent", "wamid.A")
    assert told["retry"] == "arqlight retry crm:email '{crm:email}:mail:1'"


def test_all_states_of_recipients_are_spoken(office: Shell) -> None:
    office.run(*CREATE.split(), "--everyone")
    assert "nobody written down yet" in office.run("campaign", "show", "spring")
    recorded(load(), **{state.value: 1 for state in RecipientState})
    said = office.run("campaign", "show", "spring")
    assert all(f"1 {state.value}" in said for state in RecipientState)
