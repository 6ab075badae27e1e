"""n8n on loopback: webhooks of workflows, of which one makes work packages, here or at a stand-in of OpenProject.

It refuses as n8n does: what is not registered, what is not active, what is called by another method.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec

from arqlight.demo.world.openproject import OpenProject, effect_of
from arqlight.demo.world.stand_in import Answer, Call, StandIn

TOKEN = "a-webhook-token-for-tests"  # noqa: S105 - of a stand-in
PATH = "openproject-api"

Workflow = Callable[[dict[str, Any]], dict[str, Any]]
"""What the last node answers to a body. What it raises is an error in the workflow."""

Mode = Literal["when it ends", "immediately"]


@dataclass
class N8n:
    """One instance with one workflow, that of `openproject-api`."""

    openproject: OpenProject = field(default_factory=OpenProject)
    """Where the workflow makes them; one of its own where none is given."""
    active: bool = True
    method: str = "POST"
    responds: Mode = "when it ends"
    token: str = ""
    """What the webhook asks for in the header Authorization, if anything."""
    broken: bool = False
    """Whether the workflow's last node fails, after it has made the work package."""

    def stand_in(self) -> StandIn:
        """It, to be served."""
        return StandIn(self.answer)

    def answer(self, call: Call) -> Answer:
        """What a call gets."""
        kind, _, path = call.path.strip("/").partition("/")
        if kind != "webhook":
            return refusal(404, f'The requested webhook "{path}" is not registered.', _TEST_HINT)
        if path != PATH or not self.active:
            return refusal(404, f'The requested webhook "{call.method} {path}" is not registered.', _INACTIVE_HINT)
        if call.method != self.method:
            told = f"This webhook is not registered for {call.method} requests."
            return refusal(404, f"{told} Did you mean to make a {self.method} request?", "")
        if self.token and call.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(403, b"Authorization data is wrong!")
        return self._run(call)

    def _run(self, call: Call) -> Answer:
        try:
            made, effect = self._made(msgspec.json.decode(call.body, type=dict[str, Any]))
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            return Answer(500, {"message": "Error in workflow"})
        if self.broken:
            return Answer(500, {"message": "Error in workflow"}, effect=effect)
        return Answer(200, {"message": "Workflow was started"} if self.responds == "immediately" else made, {}, effect)

    def _made(self, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
        if body["operation"] != "create_work_package":
            raise KeyError(body["operation"])
        data: dict[str, Any] = body["data"]
        due = date.fromisoformat(data["dueDate"]) if data["dueDate"] else None
        package = self.openproject.make(data["title"], description=data["description"], due=due)
        return {"id": package.id, "subject": package.subject}, effect_of(package)


def refusal(status: int, message: str, hint: str) -> Answer:
    """A webhook that nobody serves, as n8n words it."""
    return Answer(status, {"code": status, "message": message, **({"hint": hint} if hint else {})})


_INACTIVE_HINT = "The workflow must be active for a production URL to run successfully."
_TEST_HINT = "Click the 'Execute workflow' button on the canvas, then try again."
