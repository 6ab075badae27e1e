"""Outreach campaigns: scheduled mail and SMS, what follows when nobody opens or clicks, and what SendGrid reports."""
