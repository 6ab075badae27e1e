#!lua flags=allow-oom
-- Lets the ticks of a schedule pass without a job.
-- KEYS: queue, prefix
-- ARGV: schedule, by, reason
-- Returns: 1, or 0 when it was paused already (by whom stays as it is)
-- Event: pause_schedule
local schedule, by, reason = ARGV[1], ARGV[2], ARGV[3]
local key = prefix .. 'schedule:' .. schedule
if redis.call('HEXISTS', key, 'by') == 1 then return 0 end
redis.call('HSET', key, 'by', by, 'reason', reason, 'at', now)
emit('pause_schedule', 'schedule', schedule, 'by', by, 'reason', reason)
return 1
