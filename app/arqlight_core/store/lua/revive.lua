#!lua flags=allow-oom
-- Makes dead, cancelled and retrying jobs due now, with all their attempts before them.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: keyed
local function exhume(id, from)
  local payload = redis.call('HGET', record_key(id), 'payload')
  if not payload then return 'its payload is gone' end
  if redis.call('EXISTS', payload_key(id)) == 1 then return 'its id is in use again' end
  if rival(id, record_key(id)) then return 'another job has its unique key' end
  local lane = tonumber(redis.call('HGET', record_key(id), 'lane') or 0)
  redis.call('SET', payload_key(id), payload)
  redis.call('HDEL', record_key(id), 'payload', 'ended', 'reason', 'lane', 'lapses', 'done', 'total', 'stage', 'progressed')
  redis.call('HINCRBY', record_key(id), 'replays', 1)
  redis.call('DEL', result_key(id), retry_key(id))
  redis.call('ZREM', prefix .. from, id)
  redis.call('ZADD', queue, in_line(now, lane), id)
  hold_again(id)
end

local function bring_forward(id)
  local lane = lane_of(redis.call('ZSCORE', queue, id))
  for _, index in ipairs({retrying, maturing}) do redis.call('ZREM', index, id) end
  redis.call('DEL', retry_key(id))
  redis.call('HDEL', record_key(id), 'because', 'by', 'until')
  redis.call('ZADD', queue, 'XX', in_line(now, lane), id)
end

local answer = act(7, function(id, state)
  if redis.call('HGET', record_key(id), 'revived') == bulk then return AGAIN end
  local why
  if state == 'retrying' then bring_forward(id) else why = exhume(id, state) end
  if not why then
    redis.call('HSET', record_key(id), 'revived', bulk)
    redis.pcall('ZREM', 'arq:abort', id)  -- whoever wanted it stopped meant the run before; in a cluster it may be elsewhere
  end
  return why
end)
if answer[2] > 0 then
  count('revived', answer[2])
  wake()
end
return answer
