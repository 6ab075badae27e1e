#!lua flags=no-writes
-- Counts the jobs of a state that were there at a moment, or those in the trash of an operation.
-- KEYS: queue, prefix
-- ARGV: where (a state, or trash: and an operation), moment_ms
-- Returns: how many
-- Event: none
local where, moment = ARGV[1], tonumber(ARGV[2])
if where == 'waiting' then return redis.call('ZCOUNT', queue, '-inf', math.min(moment, now)) end
if where == 'dead' or where == 'cancelled' or where == 'completed' then return redis.call('ZCOUNT', prefix .. where, '-inf', moment) end
return redis.call('ZCARD', prefix .. where)
