#!lua flags=allow-oom
-- Puts jobs back from the trash of an operation: state, score, payload and id.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, operation, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: flow
-- Prelude: keyed
local operation = ARGV[7]
local trash = prefix .. 'trash:' .. operation
local purged_as, purged_at = unpack(redis.call('HMGET', trash .. ':note', 'state', 'at'))

local function lives_again(id)
  if redis.call('EXISTS', payload_key(id), result_key(id)) > 0 or redis.call('ZSCORE', queue, id) then return true end
  for _, set in ipairs({'completed', 'dead', 'cancelled'}) do
    local ended_at = redis.call('ZSCORE', prefix .. set, id)
    if ended_at and tonumber(ended_at) >= tonumber(purged_at) then return true end
  end
  return false
end

-- Each job expires a day after it was purged; those of a long purge not all at once.
local function is_gone(id)
  return redis.call('EXISTS', trash .. ':' .. payload_key(id), trash .. ':' .. record_key(id)) == 0
end

local function put_back(id, score, state)
  for _, key in ipairs(job_keys(id)) do
    if redis.call('EXISTS', trash .. ':' .. key) == 1 then
      redis.call('RENAME', trash .. ':' .. key, key)
      redis.call('PERSIST', key)
    end
  end
  local passing = trash .. ':passing:' .. result_key(id)
  if redis.call('EXISTS', passing) == 1 then redis.call('RENAME', passing, result_key(id)) end
  local ended = state == 'dead' or state == 'cancelled' or state == 'completed'
  if not ended then redis.call('ZADD', queue, score, id) end
  if state ~= 'waiting' then redis.call('ZADD', prefix .. state, math.floor(score), id) end
  if not ended and state ~= 'waiting' and lane_of(score) > 0 then redis.call('ZADD', maturing, score, id) end
  redis.call('ZREM', trash, id)
  redis.call('HDEL', trash .. ':states', id)
  if not ended then hold_again(id) end
  go_on(id)  -- its children may have ended meanwhile
end

local answer = act(8, function(id)
  local score = tonumber(redis.call('ZSCORE', trash, id) or nil)
  if not score then return 'not in the trash' end
  if lives_again(id) then return 'its id is in use again' end
  if rival(id, trash .. ':' .. record_key(id)) then return 'another job has its unique key' end
  if is_gone(id) then return 'its time in the trash is over' end
  put_back(id, score, redis.call('HGET', trash .. ':states', id) or purged_as)
end, true)
if answer[2] > 0 then
  count('restored', answer[2])
  if redis.call('ZCARD', trash) == 0 then
    redis.call('DEL', trash .. ':note')
    redis.call('ZREM', prefix .. 'trash', operation)
  end
  wake()
end
return answer
