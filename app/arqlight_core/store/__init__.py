"""The only place that speaks Redis: keys, one Lua script per transition with a typed call for each, and the gateway."""
