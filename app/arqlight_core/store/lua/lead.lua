#!lua flags=allow-oom
-- Leaves a duty that only one process of the fleet has to one worker at a time, as long as that goes on asking.
-- KEYS: shared, prefix
-- ARGV: duty, worker, lease_ms (0: it gives the duty up)
-- Returns: the worker that has it now, '' for none
-- Event: none
local duty, worker, lease = prefix .. 'leader:' .. ARGV[1], ARGV[2], tonumber(ARGV[3])
local leader = redis.call('GET', duty)
if leader and leader ~= worker then return leader end
if lease > 0 then
  redis.call('SET', duty, worker, 'PX', lease)
  return worker
end
redis.call('DEL', duty)
return ''
