"""What is forgotten of outreach: posts that were read, and campaigns that are over with all that belongs to them."""

from sqlalchemy import select

from arqlight_jobs.expiry import Category
from arqlight_jobs.outreach.tables import campaigns, events, webhooks

WEBHOOKS = Category("outreach webhooks", webhooks, webhooks.c.processed_at)
CAMPAIGNS = Category("outreach campaigns", campaigns, campaigns.c.ended_at)
EVENTS = Category("outreach events", events, events.c.at, events.c.campaign.not_in(select(campaigns.c.id)))
