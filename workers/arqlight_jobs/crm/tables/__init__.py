"""The tables of the CRM, one module for each part of it. What people wrote is in here and nowhere else.

A module of tables is named here, or its tables are not made.
"""

from arqlight_jobs.crm.tables import contents, conversations, data, flows, messaging, notifications, people, webhooks
from arqlight_jobs.crm.tables.metadata import metadata

__all__ = ["contents", "conversations", "data", "flows", "messaging", "metadata", "notifications", "people", "webhooks"]
