#!lua flags=allow-oom
-- Lets claims from a paused queue go on: at once, or few at first and twice as many each tenth of a ramp.
-- KEYS: queue, prefix
-- ARGV: by, reason, ramp_ms (0: at once)
-- Returns: 1, or 0 when it was not paused
-- Event: resume
local by, reason, ramp = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('DEL', prefix .. 'paused') == 0 then return 0 end
if ramp > 0 then redis.call('SET', prefix .. 'ramp', string.format('%.0f %.0f', now, ramp), 'PX', ramp) end
emit('resume', 'by', by, 'reason', reason, 'ramp', ramp)
wake()
return 1
