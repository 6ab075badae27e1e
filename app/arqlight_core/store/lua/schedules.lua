#!lua flags=no-writes
-- Reads where schedules stand.
-- KEYS: queue, prefix
-- ARGV: names (one argument each)
-- Returns: {now, what is noted of each (fields and values; empty when no worker has looked after it yet)}
-- Event: none
local answer = {now}
for _, name in ipairs(ARGV) do answer[#answer + 1] = redis.call('HGETALL', prefix .. 'schedule:' .. name) end
return answer
