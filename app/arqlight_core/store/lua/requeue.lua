#!lua
-- Queues jobs anew, each as a copy with an id of its own; the old ones stay, or go to the trash.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, trash_ms (0: the old ones stay), copies (new_id, payload, lane, unique, unique_ms, mode for each), ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: trashing
-- Prelude: queueing
local keep, jobs = tonumber(ARGV[7]), (#ARGV - 7) / 7
local copy_of = {}
for i = 1, jobs do copy_of[ARGV[7 + jobs * 6 + i]] = 2 + i * 6 end

-- Whether another job has the key; the old one has it no more once it is in the trash.
local function key_is_taken(id, key, mode)
  local holder = key ~= '' and holder_of(key, mode)
  if not holder then return false end
  if holder ~= id or keep == 0 then return true end
  redis.call('DEL', unique_key(key))
  return false
end

local thrown = 0
local answer = act(8 + jobs * 6, function(id, state)
  local new, payload, lane, key, ms, mode = unpack(ARGV, copy_of[id], copy_of[id] + 5)
  if payload == '' then return 'its payload is not known any more' end
  if taken(new) then return AGAIN end
  if keep > 0 and (state == 'active' or state == 'completed') then return 'it is ' .. state .. ', and cannot be replaced' end
  if key_is_taken(id, key, mode) then return 'another job has its unique key' end
  if keep > 0 then
    throw_away(id, state, keep)
    thrown = thrown + 1
  end
  bring_in(new, payload, 0, lane, key, ms, mode)
end)
note_trash(thrown, keep)
if answer[2] > 0 then count('requeued', answer[2]) end
announce()
return answer
