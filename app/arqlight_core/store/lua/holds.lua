#!lua flags=no-writes
-- Reads the standing holds of a queue.
-- KEYS: queue, prefix
-- ARGV: limit
-- Returns: {now, then each rule's id, and its terms and who set it up, as JSON}
-- Event: none
local told, answer = redis.call('HGETALL', prefix .. 'holds'), {now}
for i = 1, math.min(#told, tonumber(ARGV[1]) * 2) do answer[#answer + 1] = told[i] end
return answer
