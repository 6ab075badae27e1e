#!lua flags=allow-oom
-- Makes scheduled jobs due now; each keeps its priority.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local answer = act(7, function(id)
  local _, lane = place_of(id)
  unindex(id)
  redis.call('HDEL', record_key(id), 'because', 'by', 'until')
  place(id, now, lane)
end)
if answer[2] > 0 then
  count('promoted', answer[2])
  wake()
end
return answer
