"""Outreach campaigns: scheduled mail and SMS, what follows when nobody opens or clicks, and what SendGrid reports.

tables      what is written down; `records` opens it
loading     a campaign out of a file; `campaigns` keeps it
actions     what is to be sent to whom, each once
journeys    where each contact stands, and where an event leads
sends       the queue that sends
timeouts    the queue that notes that nobody opened or clicked
ingest      takes in what SendGrid posts; `reports` is the queue that reads it
"""
