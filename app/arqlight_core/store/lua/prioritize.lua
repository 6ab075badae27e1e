#!lua flags=allow-oom
-- Gives jobs another priority: each stands where it would, had it come with that.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, lane, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local lane = tonumber(ARGV[7])
local indexes = {scheduled = scheduled, retrying = retrying, held = held}

local answer = act(8, function(id, state)
  unlease(id)
  local due, before = place_of(id)
  if before == lane then return as_it_was('it has this priority already') end
  redis.call('ZREM', maturing, id)
  place(id, due, lane, indexes[state])
  note_if_ahead(id, state)
end)
if answer[2] > 0 then
  count('prioritized', answer[2])
  wake()
end
return answer
