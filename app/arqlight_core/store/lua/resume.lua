#!lua flags=allow-oom
-- Lets claims from a paused queue go on.
-- KEYS: queue, prefix
-- ARGV: by, reason
-- Returns: 1, or 0 when it was not paused
-- Event: resume
local by, reason = ARGV[1], ARGV[2]
if redis.call('DEL', prefix .. 'paused') == 0 then return 0 end
emit('resume', 'by', by, 'reason', reason)
wake()
return 1
