"""What the domains have on record over HTTP: as it was put there, by the page, and nothing that nobody may see."""

import re
from datetime import datetime
from typing import Any

import msgspec
import pytest

from arqlight.http.records import RECORDS, crm, healer, hub, outreach
from arqlight.http.shapes import members_of, model_of
from tests.unit.http.house import House
from tests.unit.http.recorded import LOOKS, on_record

KEPT = (*crm.KEPT, *healer.KEPT, *outreach.KEPT, *hub.KEPT)
LISTS = [one.path for one in KEPT if one.is_list and "{" not in one.path]
UNKNOWN = (
    "sites/x",
    "sites/%00",
    "health/x",
    "tenants/x",
    "inbox/x",
    "automations/acme/x",
    "automations/x/welcome",
    "outreach/x",
    "webhooks/deliveries?endpoint=x",
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:")


@pytest.fixture
async def secrets(house: House) -> tuple[str, ...]:
    return await on_record(house.settings)


async def told(house: House, path: str) -> Any:
    answer = await house.viewer.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def one_of(house: House, path: str) -> dict[str, Any]:
    """The only item of a list."""
    page = await told(house, path)
    assert (page["total"], page["cursor"]) == (1, ""), page
    [found] = page["items"]
    return found


def test_each_view_has_a_route() -> None:
    assert len(RECORDS) == len(KEPT)
    assert len({one.name for one in KEPT}) == len(KEPT)


@pytest.mark.parametrize("view", dict.fromkeys(one.view for one in KEPT), ids=lambda view: view.__name__)
def test_a_model_has_what_is_told(view: type) -> None:
    fields = msgspec.structs.fields(model_of(view))
    assert [one.name for one in fields] == [one.name for one in members_of(view)]
    assert all(one.required for one in fields)


async def test_the_document_tells_moments_and_days_as_such(house: House) -> None:
    schemas = (await house.stranger.get("/schema/openapi.json")).json()["components"]["schemas"]
    assert schemas["Notice"]["properties"]["created_at"]["format"] == "date-time"
    assert {"type": "string", "format": "date"} in schemas["Task"]["properties"]["due"]["oneOf"]


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_of_nothing_is_empty_and_for_viewers_only(house: House, path: str) -> None:
    page = await told(house, path)
    if path != "hosts":  # this machine is there without being registered
        assert (page["items"], page["cursor"], page["total"]) == ([], "", 0)
    assert (await house.stranger.get(f"/api/v1/{path}")).status_code == 401
    for query in ("limit=0", "cursor=nonsense!", "cursor=-1"):
        assert (await house.viewer.get(f"/api/v1/{path}?{query}")).status_code == 422


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("path", UNKNOWN)
async def test_what_is_not_there_is_a_problem(house: House, path: str) -> None:
    answer = await house.viewer.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_no_view_tells_a_secret_and_every_moment_is_iso_8601(house: House, secrets: tuple[str, ...]) -> None:
    own = ["sites/shop", "health/shop", "tenants/acme", "inbox/acme-0", "automations/acme/welcome", "outreach/spring"]
    for path in (*LISTS, *own):
        for caller in (house.viewer, house.admin):
            text = (await caller.get(f"/api/v1/{path}")).text
            assert [one for one in (*secrets, str(house.settings.data_dir)) if one in text] == [], path
            assert not MOMENT.search(text), path


@pytest.mark.usefixtures("secrets")
async def test_the_healer_tells_sites_servers_looks_notices_and_what_is_forgotten(house: House) -> None:
    opened = (await house.operator.post("/jobs/incidents", json={"site": "shop"})).json()
    site = await one_of(house, "sites")
    assert (site["id"], site["dry_run"], site["incident"]) == ("shop", False, opened["incidentId"])
    assert site["hooks"] == {"restart_db": "mysqladmin --password=••• flush-hosts"}
    assert await told(house, "sites/The%20Shop") == site
    hosts = (await told(house, "hosts"))["items"]
    assert [one["id"] for one in hosts] == ["local", "web1"]
    assert hosts[1]["command"] == ["ssh", "web1", "--token=•••", "measure"]
    look = await one_of(house, "health")
    assert (look["target"], look["grade"], look["metrics"]) == ("shop", "warning", {"status": 200.0})
    assert look["remarks"] == [{"grade": "warning", "text": "slow"}]
    assert datetime.fromisoformat(look["at"]).tzinfo is not None
    notice = await one_of(house, "notices?unread=true")
    assert (notice["title"], notice["acknowledged_at"]) == ("The shop is slow", None)
    assert (await one_of(house, "retention/log"))["told"] == {"what": "purge", "category": "incidents", "deleted": 3}
    held = await one_of(house, "retention/holds")
    assert (held["category"], held["key"], held["by"]) == ("incidents", "i-1", "ada")


@pytest.mark.usefixtures("secrets")
async def test_a_cursor_goes_on(house: House) -> None:
    found, cursor = list[Any](), ""
    for left in reversed(range(LOOKS)):
        page = await told(house, f"health/shop?limit=1&cursor={cursor}")
        found, cursor = found + page["items"], page["cursor"]
        assert bool(cursor) == bool(left)
    moments = [one["at"] for one in found]
    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) == LOOKS


@pytest.mark.usefixtures("secrets")
async def test_the_crm_tells_tenants_files_and_inboxes(house: House) -> None:
    tenant = await one_of(house, "tenants")
    assert (tenant["id"], tenant["mail_by"], tenant["contacts"]) == ("acme", "smtp", 1)
    assert (tenant["senders"], tenant["users"]) == ({"100": 0}, ["acme-0", "acme-1"])
    assert await told(house, "tenants/acme") == tenant
    taken = await one_of(house, "imports?tenant=acme")
    assert (taken["status"], taken["tenant"], "rejects" in taken) == ("queued", "acme", False)
    written = await one_of(house, "exports?tenant=acme")
    assert (written["what"], written["status"], "token" in written) == ("contacts", "queued", False)
    assert (await one_of(house, "inbox/acme-0?unread=true"))["title"] == "Import 7 is done"
    assert (await told(house, "inbox/acme-1"))["items"] == []
    for path in ("imports", "exports", "automations", "webhooks"):
        assert (await told(house, f"{path}?tenant=other"))["items"] == []


@pytest.mark.usefixtures("secrets")
async def test_the_crm_tells_flows_endpoints_and_deliveries(house: House) -> None:
    row = await one_of(house, "automations?tenant=acme")
    assert (row["name"], row["version"], row["event"]) == ("welcome", 1, "contact.created")
    whole = await told(house, "automations/acme/welcome")
    assert whole["nodes"]["first"]["url"] == "https://x.example/?token=•••"
    assert whole["nodes"]["first"]["body"] == {"api_key": "•••", "n": 1}
    assert [(one["contact"], one["status"]) for one in whole["executions"]] == [("ann", "running")]
    endpoint = await one_of(house, "webhooks?tenant=acme")
    assert (endpoint["url"], endpoint["types"]) == ("https://127.0.0.1/hooks?token=•••", [])
    one = await one_of(house, f"webhooks/deliveries?endpoint={endpoint['id']}&status=waiting")
    assert (one["type"], [(each["status"], each["told"]) for each in one["attempts"]]) == (
        "contact.created",
        [(503, "busy")],
    )
    assert (await told(house, "webhooks/deliveries?status=failed"))["items"] == []
    assert (await house.viewer.get("/api/v1/webhooks/deliveries?status=lost")).status_code == 422


@pytest.mark.usefixtures("secrets")
async def test_campaigns_of_outreach_and_effects_are_told(house: House) -> None:
    row = await one_of(house, "outreach")
    assert (row["id"], row["state"], row["started_at"]) == ("spring", "draft", None)
    whole = await told(house, "outreach/spring")
    assert (whole["contacts"], whole["actions"]) == (1, {})
    node = whole["nodes"][0]
    assert (node["id"], node["channel"], "text" in node) == ("again", "email", False)
    unknown = await one_of(house, "effects")
    assert (unknown["key"], unknown["reason"], unknown["job_id"]) == ("mail:1", "cut off", "job-of-mail:1")
    assert (await one_of(house, "effects?state=sending"))["key"] == "mail:2"
    assert (await house.viewer.get("/api/v1/effects?state=lost")).status_code == 422


@pytest.mark.usefixtures("secrets")
async def test_the_hub_tells_tasks_reminders_and_users(house: House) -> None:
    task = await one_of(house, "hub/tasks?project=1")
    assert (task["id"], task["subject"], task["closed"]) == (42, "Buy bread", False)
    assert (await told(house, "hub/tasks?project=2"))["items"] == []
    assert (await one_of(house, "hub/tasks?user=ada"))["id"] == 42
    assert (await house.viewer.get("/api/v1/hub/tasks?user=nobody")).status_code == 404
    reminder = await one_of(house, "hub/reminders?user=ada&all=true")
    assert (reminder["task"], reminder["user"], reminder["state"]) == (42, "ada", "planned")
    assert (await told(house, "hub/reminders?user=bob"))["items"] == []
    assert (await one_of(house, "hub/reminders?task=42"))["task"] == 42
    assert (await told(house, "hub/reminders?task=43"))["items"] == []
    assert (await house.viewer.get("/api/v1/hub/reminders?task=0")).status_code == 422
    user = await one_of(house, "hub/users")
    assert (user["id"], user["email"], user["openproject_id"]) == ("ada", "a•••@example.com", 7)
    assert user["chats"] == [{"id": "100", "inactive_because": ""}]
