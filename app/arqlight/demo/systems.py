"""The systems that the demonstration shows, one module of traffic each."""

from arqlight.demo.billing import BILLING
from arqlight.demo.healing import HEALING
from arqlight.demo.hubbing import HUB
from arqlight.demo.messaging import MESSAGING
from arqlight.demo.outreaching import OUTREACH
from arqlight.demo.upkeep import UPKEEP
from arqlight.demo.weathering import WEATHER

SYSTEMS = (WEATHER, BILLING, HEALING, MESSAGING, OUTREACH, HUB, UPKEEP)
