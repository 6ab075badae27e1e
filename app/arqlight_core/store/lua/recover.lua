#!lua flags=allow-oom
-- Keeps house of a circuit breaker: ends a forced mode whose time is over, closes one that nobody has asked since it could try.
-- KEYS: queue, prefix
-- ARGV: name (empty for the queue's own), idle_ms
-- Returns: 1 when something was changed, else 0
-- Event: breaker
-- Prelude: breaker
local name, idle = ARGV[1], tonumber(ARGV[2])
local breaker = breaker_named(name)
local forced = breaker.forced
lift_expired(breaker)
local changed = forced and not breaker.forced
if breaker.blocked > 0 and breaker.blocked <= now then redis.call('HDEL', breaker.hash, 'blocked') end
if breaker.state == 'open' and breaker.open_until + idle <= now then
  close(breaker, 'nobody has asked since it could have tried', 'arqlight')
  changed = true
end
return changed and 1 or 0
