"""What the domains have on record, as `arqlight` lists and shows it: a table for each domain, routes made of them."""

from arqlight.http.records import crm, healer, hub, outreach
from arqlight.http.records.declared import routes

RECORDS = routes([*crm.KEPT, *healer.KEPT, *outreach.KEPT, *hub.KEPT])
