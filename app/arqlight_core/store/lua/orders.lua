#!lua flags=no-writes
-- Reads what operators have ordered: live settings of all queues, and what these workers are asked for.
-- KEYS: shared, prefix
-- ARGV: workers (one argument each)
-- Returns: {now, overrides, then each worker's request or ''}
-- Event: none
local answer = {now, redis.call('HGETALL', prefix .. 'overrides')}
for _, worker in ipairs(ARGV) do
  answer[#answer + 1] = redis.call('GET', prefix .. 'request:' .. worker) or ''
end
return answer
