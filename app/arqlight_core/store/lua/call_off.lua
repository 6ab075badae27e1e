#!lua flags=allow-oom
-- Cancels jobs that do not run, as if a worker had found them cancelled; those that run are marked to be stopped.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, ttl_ms, results (what stock handles will read of each), ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: moving
local ttl, jobs = tonumber(ARGV[7]), (#ARGV - 7) / 2
local result_of = {}
for i = 1, jobs do result_of[ARGV[7 + jobs + i]] = ARGV[7 + i] end

local function keep_end(id)
  local payload = redis.call('GET', payload_key(id))
  if payload then redis.call('HSET', record_key(id), 'payload', payload) end
  local lane = lane_of(redis.call('ZSCORE', came, id) or redis.call('ZSCORE', queue, id))
  redis.call('HSET', record_key(id), 'reason', told('cancelled'), 'ended', now, 'lane', lane, 'lapses', redis.call('ZSCORE', lapses, id) or 0)
  redis.call('HDEL', record_key(id), 'because', 'by', 'until', 'since', 'parked', 'parked_as', 'rule')
  local result = result_of[id] or ''
  if result ~= '' and ttl > 0 then redis.call('SET', result_key(id), result, 'PX', ttl) end
end

local asked = 0
local answer = act(8 + jobs, function(id, state)
  if state == 'active' then
    if redis.call('HGET', record_key(id), 'stopping') == bulk then return AGAIN end
    redis.call('HSET', record_key(id), 'stopping', bulk)
    redis.call('ZADD', 'arq:abort', now, id)
    asked = asked + 1
    return nil, 'running, and asked to stop'
  end
  report(parent_of(id), 'cancelled')
  keep_end(id)
  unlease(id)
  unindex(id)
  for _, set in ipairs({queue, lapses}) do redis.call('ZREM', set, id) end
  redis.call('DEL', payload_key(id), retry_key(id))
  redis.call('ZADD', prefix .. 'cancelled', now, id)
end)
if answer[2] > asked then count('cancelled', answer[2] - asked) end
if answer[1] == 1 then wake() end
return answer
