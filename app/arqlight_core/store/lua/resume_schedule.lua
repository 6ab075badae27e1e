#!lua flags=allow-oom
-- Lets a paused schedule go on with its next tick.
-- KEYS: queue, prefix
-- ARGV: schedule, by, reason
-- Returns: 1, or 0 when it was not paused
-- Event: resume_schedule
local schedule, by, reason = ARGV[1], ARGV[2], ARGV[3]
local key = prefix .. 'schedule:' .. schedule
if redis.call('HDEL', key, 'by', 'reason', 'at') == 0 then return 0 end
redis.call('HSET', key, 'resumed', now)
emit('resume_schedule', 'schedule', schedule, 'by', by, 'reason', reason)
return 1
