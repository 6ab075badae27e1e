"""What is forgotten of effects: those that are done. Unknown ones wait for an operator."""

from arqlight_jobs.expiry import Category
from arqlight_jobs.outbound.effects import State, effects

OUTBOX = Category("outbox", effects, effects.c.at, effects.c.state.in_((State.SENT, State.FAILED)))
