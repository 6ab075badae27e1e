#!lua flags=allow-oom
-- Holds jobs until an operator releases them; each keeps its place in line and its priority for then.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local FAR = 3155760000000  -- ms: a hundred years

local answer = act(7, function(id, state)
  if awaits_children(id, state) then return 'it waits for its children' end
  if state == 'held' and redis.call('HEXISTS', record_key(id), 'parked') == 1 then return 'held already' end
  unlease(id)
  local due, lane = place_of(id)
  unindex(id)
  for _, key in ipairs({payload_key(id), retry_key(id)}) do redis.call('PERSIST', key) end
  redis.call('HDEL', record_key(id), 'until', 'rule')
  redis.call('HSET', record_key(id), 'because', told('held'), 'by', by, 'since', now, 'parked', string.format('%.0f', state == 'held' and now or due), 'parked_as', state)
  place(id, now + FAR, lane, held)
end)
if answer[2] > 0 then count('parked', answer[2]) end
return answer
