#!lua flags=no-writes
-- Reads the flow of a parent, and which of some of its children have ended.
-- KEYS: queue, prefix
-- ARGV: job_id, first, count (at most 500 children)
-- Returns: {the flow's fields, then 0 = not ended, 1 = completed, 2 = dead, 3 = cancelled for each}
-- Event: none
-- Prelude: flow
local id, first, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local places = {}
for number = first, first + count - 1 do
  for _, word in ipairs({'GET', 'u2', '#' .. number}) do places[#places + 1] = word end
end
local ends = count > 0 and redis.call('BITFIELD_RO', ends_key(id), unpack(places)) or {}
return {redis.call('HGETALL', flow_key(id)), unpack(ends)}
