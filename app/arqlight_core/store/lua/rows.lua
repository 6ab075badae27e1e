#!lua flags=no-writes
-- Reads those of these jobs that are in a state, as a window of that state has them.
-- KEYS: queue, prefix
-- ARGV: state, ids (one argument each)
-- Returns: {now, then {id, score, lock, attempts, payload or result, record fields} ...}
-- Event: none
-- Prelude: listing
local state = ARGV[1]
local indexes = {active = active, retrying = retrying, held = held}

local function is_later(set, id)
  return tonumber(redis.call('ZSCORE', set, id) or 0) > now
end

-- The score by which the job is in the state; nil when it is in another.
local function score_there(id)
  if indexes[state] then return is_later(indexes[state], id) and redis.call('ZSCORE', indexes[state], id) end
  if state ~= 'waiting' and state ~= 'scheduled' then return redis.call('ZSCORE', prefix .. state, id) end
  local due = redis.call('ZSCORE', queue, id)
  if not due or (tonumber(due) <= now) ~= (state == 'waiting') then return nil end
  if state == 'waiting' then return score_in_line(id, due) end
  local elsewhere = is_later(active, id) or is_later(retrying, id) or is_later(held, id)
  return not elsewhere and due or nil
end

local answer = {now}
for i = 2, #ARGV do
  local id = ARGV[i]
  local score = score_there(id)
  if score then answer[#answer + 1] = listed(id, score, state) end
end
return answer
