-- A flow: how many children a parent has spawned, and how they ended; kept while it is open, and for a week after.
-- Its hash: life, total, completed, dead, cancelled, fatal, first_fatal, waits, awaited, begun, ended, and for each spawn
-- first:n (its first child's number), last:n (one beyond its last, once it is complete), type:n and queue:n.
-- Beside it a bitmap of two bits for each child: 0 not ended, 1 completed, 2 dead, 3 cancelled.
local FAR = 2592000000  -- ms; when a parent looks after its children should nothing have called it
local OPEN_SECONDS, OVER_SECONDS = 3196800, 604800

-- Begins a flow, unless this life of the id has one.
local function begin_flow(id, life)
  if redis.call('HGET', flow_key(id), 'life') == life then return end
  redis.call('UNLINK', flow_key(id), ends_key(id))
  redis.call('HSET', flow_key(id), 'life', life, 'total', 0, 'begun', now)
end

-- How many children are open, how many there are, and whether one died that may not.
local function flow_counts(id)
  local total, completed, dead, cancelled, fatal =
    unpack(redis.call('HMGET', flow_key(id), 'total', 'completed', 'dead', 'cancelled', 'fatal'))
  return (total or 0) - (completed or 0) - (dead or 0) - (cancelled or 0), total or 0, tonumber(fatal or 0) > 0
end

local function keep_flow(id, seconds)
  redis.call('EXPIRE', flow_key(id), seconds)
  redis.call('EXPIRE', ends_key(id), seconds)
end

local function grouped(n)
  return (string.reverse(string.gsub(string.reverse(tostring(n)), '(%d%d%d)', '%1,')):gsub('^,', ''))
end

local function tell_waiting(id, open, total)
  redis.call('HSET', record_key(id), 'because', 'waiting for ' .. grouped(open) .. ' of ' .. grouped(total) .. ' children', 'by', 'its flow')
end

local function awaits(id)
  return redis.call('HEXISTS', flow_key(id), 'awaited') == 1 and redis.call('ZSCORE', held, id)
end

-- Makes a parent due that waits for no child any more, or lost one that it may not; else nothing happens.
local function go_on(id)
  if not awaits(id) then return end
  local open, total, failed = flow_counts(id)
  if open > 0 and not failed then
    tell_waiting(id, open, total)
    return
  end
  local lane = lane_of(redis.call('ZSCORE', queue, id) or 0)
  for _, index in ipairs({held, maturing}) do redis.call('ZREM', index, id) end
  redis.call('HDEL', record_key(id), 'because', 'by')
  redis.call('HDEL', flow_key(id), 'awaited')
  place(id, now, lane)
  count('continued', 1)
  emit('continue', 'job', id)
  wake()
end
