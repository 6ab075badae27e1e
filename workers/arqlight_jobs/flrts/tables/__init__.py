"""The tables of the task hub, one module for each part of it. What people wrote is in here and nowhere else.

A module of tables is named here, or its tables are not made.
"""

from arqlight_jobs.flrts.tables import hooks, passes, people, reminders, speech, tasks, wishes
from arqlight_jobs.flrts.tables.metadata import metadata

__all__ = ["hooks", "metadata", "passes", "people", "reminders", "speech", "tasks", "wishes"]
