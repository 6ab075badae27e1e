#!lua flags=no-writes
-- Reads how many jobs came to a queue, ended well and failed in past minutes: four counts of each, whatever else it holds.
-- KEYS: queue, prefix
-- ARGV: minutes (how many past minutes to read beside the running one)
-- Returns: {now, then {enqueued, completed, retried, dead} of each minute, the running one first}
-- Event: none
local answer = {now}
for back = 0, tonumber(ARGV[1]) do
  local counts = redis.call('HMGET', minute_key(now - back * 60000), 'enqueued', 'completed', 'retried', 'dead')
  for i = 1, 4 do counts[i] = tonumber(counts[i] or 0) end
  answer[#answer + 1] = counts
end
return answer
