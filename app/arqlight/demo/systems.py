"""The systems that the demonstration shows, one module of traffic each."""

from arqlight.demo.billing import BILLING
from arqlight.demo.healing import HEALING
from arqlight.demo.messaging import MESSAGING
from arqlight.demo.outreaching import OUTREACH

SYSTEMS = (BILLING, HEALING, MESSAGING, OUTREACH)
