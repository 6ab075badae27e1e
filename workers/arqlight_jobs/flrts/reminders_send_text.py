"""What a reminder says. Pure."""

from datetime import date, datetime

from arqlight_core.policy import MINUTE
from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.people import User
from arqlight_jobs.flrts.reckoning import zone_of
from arqlight_jobs.flrts.reminding import Reminder

PUNCTUAL = 10 * MINUTE
"""A reminder that comes later says so."""


def text_of(one: Reminder, task: Task, user: User, at: datetime) -> str:
    """All of it, in the user's own days and times. Raises UsageError for a zone that is none."""
    zone = zone_of(user.timezone)
    lines = [f"Reminder: {task.subject}", f"Task {task.id}{_due(task.due, at.astimezone(zone).date())}."]
    if one.late or at - one.due_at > PUNCTUAL:
        lines.append(f"This comes late: it was for {one.due_at.astimezone(zone):%Y-%m-%d %H:%M}.")
    return "\n".join(lines)


def _due(due: date | None, today: date) -> str:
    if due is None:
        return ""
    days = (due - today).days
    named = {0: " is due today", 1: " is due tomorrow"}
    return named.get(days, f" {'is' if days > 0 else 'was'} due on {due}")
