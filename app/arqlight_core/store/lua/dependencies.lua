#!lua flags=no-writes
-- Reads how the breakers of dependencies stand, in brief: what a look at all of them needs.
-- KEYS: shared, prefix
-- ARGV: names (one argument each)
-- Returns: {now, then {state, forced state, until when it is forced, trips, denials} ...}
-- Event: none
local answer = {now}
for _, name in ipairs(ARGV) do
  local told = redis.call('HMGET', prefix .. 'breaker:' .. name, 'state', 'forced', 'forced_until', 'trips', 'denied')
  for i = 1, 5 do told[i] = told[i] or '' end
  answer[#answer + 1] = told
end
return answer
