"""The only place that speaks Redis: keys, one Lua script per transition with a typed call for each, and the gateway."""

from arqlight_core.store.unneeded import put_off

put_off("jwt")  # the client's, for logins by token: with `cryptography` a third of its import's time, and 9 MB
