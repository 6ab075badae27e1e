"""The systems that the demonstration shows, one module of traffic each."""

from arqlight.demo.billing import BILLING
from arqlight.demo.healing import HEALING

SYSTEMS = (BILLING, HEALING)
