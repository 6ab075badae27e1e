#!lua flags=allow-oom
-- Lets held jobs go: each stands where it stood in line, or is put off or retrying as it was.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local indexes = {scheduled = scheduled, retrying = retrying}

local answer = act(7, function(id, state)
  if awaits_children(id, state) then return 'it waits for its children' end
  local due, was = unpack(redis.call('HMGET', record_key(id), 'parked', 'parked_as'))
  local _, lane = place_of(id)
  unindex(id)
  due = tonumber(due or now)
  keep_attempts(id, due)
  redis.call('HDEL', record_key(id), 'because', 'by', 'until', 'since', 'parked', 'parked_as', 'rule')
  place(id, due, lane, indexes[was])
end)
if answer[2] > 0 then
  count('unparked', answer[2])
  wake()
end
return answer
