#!lua flags=allow-oom
-- Makes dead, cancelled and retrying jobs due now, with all their attempts before them.
-- KEYS: queue, prefix
-- ARGV: by, reason, ids (one argument each)
-- Returns: a list, 1 = waiting again, 0 = in no state that can be retried, -1 = its payload is gone
-- Event: revive, one for the call
local by, reason = ARGV[1], ARGV[2]

local function exhume(id)
  local from = redis.call('ZSCORE', prefix .. 'dead', id) and 'dead' or redis.call('ZSCORE', prefix .. 'cancelled', id) and 'cancelled'
  if not from or redis.call('EXISTS', payload_key(id)) == 1 then return 0 end  -- an id may live again
  local payload = redis.call('HGET', record_key(id), 'payload')
  if not payload then return -1 end
  redis.call('SET', payload_key(id), payload)
  redis.call('HDEL', record_key(id), 'payload', 'ended', 'reason', 'lapses', 'done', 'total', 'stage', 'progressed')
  redis.call('DEL', result_key(id), retry_key(id))
  redis.call('ZREM', prefix .. from, id)
  redis.call('ZADD', queue, now, id)
  return 1
end

local function bring_forward(id)
  local due = redis.call('ZSCORE', retrying, id)
  if not due or tonumber(due) <= now then return 0 end
  local lane = lane_of(redis.call('ZSCORE', queue, id) or 0)
  for _, index in ipairs({retrying, maturing}) do redis.call('ZREM', index, id) end
  redis.call('DEL', retry_key(id))
  redis.call('HDEL', record_key(id), 'because', 'by', 'until')
  redis.call('ZADD', queue, 'XX', in_line(now, lane), id)
  return 1
end

local codes, revived = {}, 0
for i = 3, #ARGV do
  local code = bring_forward(ARGV[i])
  if code == 0 then code = exhume(ARGV[i]) end
  codes[#codes + 1] = code
  if code == 1 then revived = revived + 1 end
end
if revived > 0 then
  emit('revive', 'by', by, 'reason', reason, 'jobs', revived)
  wake()
end
return codes
