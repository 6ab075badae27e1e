"""What an operator tells when an incident is opened, and when one is given up."""

from arqlight_core.incidents import GIVE_UP, OPEN, IncidentRow, Urgency
from arqlight_screens.form_fields import Field, reader
from arqlight_screens.lines import Part
from arqlight_screens.order_form import OrderForm

_SITE = Field("site", "site", "The id or the name of a site: `arqlight site list` shows them.", str, needed=True)
_OPENING = (
    Field("symptom", "symptom", "What is wrong, such as wsod; without it, that is found out.", str),
    Field("component", "component", "The plugin, theme, file or table that it is about.", str),
    Field(
        "priority",
        "priority",
        "Whose jobs go first: critical, high, medium or low.",
        reader(Urgency),
        begins="high",
    ),
)
_WHY = Field("reason", "reason", "Why: the report tells it to the person who takes over.", str, needed=True)


class OpenIncident(OrderForm):
    """Asks for which site an incident is to be opened."""

    def __init__(self) -> None:
        told = "The site is looked at and healed now, whatever happened on it before."
        super().__init__((Part("Open an incident", "strong"),), told, (_SITE, *_OPENING), OPEN)


class GiveUp(OrderForm):
    """Asks why an incident is to end: without a reason, it does not."""

    def __init__(self, incident: IncidentRow) -> None:
        title = (Part("Give up ", "strong"), Part(f"the incident on {incident.site}", "bad"), Part(f"  {incident.id}"))
        told = "What is under way is undone, then a person gets the site. This cannot be taken back."
        super().__init__(title, told, (_WHY,), GIVE_UP, incident_id=incident.id)
