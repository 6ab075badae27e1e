#!lua flags=allow-oom
-- Stops claims from a queue; running jobs finish.
-- KEYS: queue, prefix
-- ARGV: by, reason
-- Returns: 1, or 0 when it was paused already (by whom stays as it is)
-- Event: pause
local by, reason = ARGV[1], ARGV[2]
if redis.call('EXISTS', prefix .. 'paused') == 1 then return 0 end
redis.call('DEL', prefix .. 'ramp')
redis.call('HSET', prefix .. 'paused', 'by', by, 'reason', reason, 'at', now)
emit('pause', 'by', by, 'reason', reason)
return 1
