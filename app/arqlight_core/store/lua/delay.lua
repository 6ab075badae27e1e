#!lua flags=allow-oom
-- Puts jobs off until a moment: one that is given, or so long after their bulk was asked for.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, until_ms (0: none is given), span_ms, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local moment = tonumber(ARGV[7])
if moment == 0 then moment = tonumber(redis.call('HGET', bulk_record, 'asked') or now) + tonumber(ARGV[8]) end

local answer = act(9, function(id, state)
  if moment <= now then return 'that moment has passed' end
  if state == 'scheduled' and place_of(id) == moment then return as_it_was('it is due then already') end
  unlease(id)
  local _, lane = place_of(id)
  unindex(id)
  redis.call('PERSIST', payload_key(id))
  keep_attempts(id, moment)
  redis.call('HSET', record_key(id), 'because', told('put off'), 'by', by, 'until', string.format('%.0f', moment))
  place(id, moment, lane, scheduled)
  note_if_ahead(id, state)
end)
if answer[2] > 0 then
  count('delayed', answer[2])
  wake()
end
return answer
