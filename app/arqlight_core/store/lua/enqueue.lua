#!lua
-- Adds jobs to a queue, each at once or after a delay, unless a job or a kept result of that id exists.
-- KEYS: queue, prefix
-- ARGV: jobs (id, payload, delay_ms for each)
-- Returns: a list, 1 = queued, 2 = already queued by this very call (an answer was lost), 0 = the id is taken
-- Event: none; counted as enqueued
local codes, added = {}, {}
for i = 1, #ARGV, 3 do
  local id, payload, delay = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  if redis.call('EXISTS', payload_key(id), result_key(id)) > 0 or redis.call('HEXISTS', record_key(id), 'ended') == 1 then
    codes[#codes + 1] = redis.call('GET', payload_key(id)) == payload and 2 or 0
  else
    redis.call('SET', payload_key(id), payload)
    redis.call('ZADD', queue, now + delay, id)
    if delay > 0 then redis.call('ZADD', scheduled, now + delay, id) end
    redis.call('UNLINK', record_key(id), attempts_key(id), log_key(id))  -- of an earlier life of this id
    codes[#codes + 1] = 1
    added[#added + 1] = id
  end
end
if #added > 0 then
  redis.call('ZREM', prefix .. 'completed', unpack(added))
  count('enqueued', #added)
  wake()
end
return codes
