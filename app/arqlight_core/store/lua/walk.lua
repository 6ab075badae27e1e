#!lua flags=no-writes
-- Reads the jobs of one state, or of a trash, behind a place in their order: whatever is moved meanwhile, none is passed over.
-- KEYS: queue, prefix
-- ARGV: where (a state, or trash: and an operation), cursor (score and id of the last one seen; empty: from the first), moment_ms, limit, whole (1: with what is known of each)
-- Returns: {cursor behind these or '' at the end, {id, score, payload or result or '', error, fingerprint, by, reason} ...}
-- Event: none
-- Prelude: running
-- Prelude: walking
local where, cursor, moment, limit, whole = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
-- What a stock producer put off is in no index of ours: scheduled is what comes due later, and is in none of the others.
local sets = {waiting = queue, scheduled = queue, retrying = retrying, held = held, active = active}
local set = sets[where] or prefix .. where
local lowest, highest = '-inf', '+inf'
if where == 'waiting' then highest = now end
if where == 'scheduled' or where == 'retrying' or where == 'held' then lowest = '(' .. now end
if where == 'dead' or where == 'cancelled' or where == 'completed' then highest = moment end

local first = rank_behind(set, cursor, lowest)
local found = redis.call('ZRANGE', set, first, first + limit - 1, 'WITHSCORES')
local answer = {''}
local function was_there(id, score)
  if where == 'scheduled' then
    return not (redis.call('ZSCORE', retrying, id) or redis.call('ZSCORE', held, id) or runs(id))
  end
  if where ~= 'waiting' then return true end
  if redis.call('ZSCORE', active, id) and runs(id) then return false end
  return due_since(score_in_line(id, score)) <= moment
end
for i = 1, #found, 2 do
  local id, score = found[i], tonumber(found[i + 1])
  if highest ~= '+inf' and score > highest then return answer end
  answer[1] = found[i + 1] .. ' ' .. id
  if was_there(id, score) then answer[#answer + 1] = whole and described(id, found[i + 1]) or {id, found[i + 1]} end
end
if #found < limit * 2 then answer[1] = '' end
return answer
