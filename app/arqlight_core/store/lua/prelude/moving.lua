-- Put after `acting`, before scripts that move a job within its queue.
local function unindex(id)
  for _, index in ipairs({scheduled, retrying, held, maturing}) do redis.call('ZREM', index, id) end
end

-- A job whose lease has lapsed stands again where it stood; its worker may finish it no more.
local function unlease(id)
  if redis.call('ZREM', active, id) == 0 then return end
  local origin = redis.call('ZSCORE', came, id)
  if origin then redis.call('ZADD', queue, origin, id) end
  redis.call('ZREM', came, id)
  redis.call('DEL', lock_key(id))
end

-- When a job is due, or has been since, and its lane.
local function place_of(id)
  local score, unmoved = redis.call('ZSCORE', queue, id), redis.call('ZSCORE', maturing, id)
  local stands_at_its_due = tonumber(score) > now or (unmoved and tonumber(unmoved) == tonumber(score))
  return stands_at_its_due and math.floor(score) or due_since(score), lane_of(score)
end

-- Whether it is held for its children, and for nothing that an operator could lift.
local function awaits_children(id, state) return state == 'held' and redis.call('HEXISTS', flow_key(id), 'awaited') == 1 end

-- Keeps the counter of attempts for as long as the job is put off.
local function keep_attempts(id, due)
  redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + math.ceil(math.max(0, due - now) / 1000))
end

-- What an operator does, in words: `held by ada: the tenant asked`.
local function told(verb) return verb .. ' by ' .. by .. (reason ~= '' and ': ' .. reason or '') end
