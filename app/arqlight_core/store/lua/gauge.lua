#!lua flags=allow-oom
-- Notes how many jobs of a queue are due and how many run, so that depth can be told over time; one worker does it for all.
-- KEYS: queue, prefix
-- ARGV: every_ms (how long no other call notes anything)
-- Returns: 1 when it was noted, 0 when somebody has lately
-- Event: none
if not redis.call('SET', prefix .. 'gauged', 1, 'NX', 'PX', ARGV[1]) then return 0 end
local minute = minute_key(now)
redis.call('HINCRBY', minute, 'gauges', 1)
redis.call('HINCRBY', minute, 'gauge:waiting', redis.call('ZCOUNT', queue, '-inf', now))
redis.call('HINCRBY', minute, 'gauge:active', redis.call('ZCOUNT', active, '(' .. now, '+inf'))
redis.call('EXPIRE', minute, MINUTES_KEPT_SECONDS)
return 1
