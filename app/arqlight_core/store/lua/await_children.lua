#!lua flags=allow-oom
-- Puts a parent back until all its children have ended, or into line when they have already. Costs no attempt.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, life, job_type
-- Returns: 1, or 0 when the lease is lost
-- Event: await
-- Prelude: flow
local id, owner, life, job_type = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local refused = refusal(id, owner, 'await_children')
if refused then return refused end
local lane = lane_before(id)
end_lease(id, owner, 'await_children')
redis.call('ZREM', lapses, id)  -- its worker lived to tell
redis.call('PERSIST', payload_key(id))
redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + FAR / 1000)
begin_flow(id, life)
redis.call('HINCRBY', flow_key(id), 'waits', 1)
local open, total, failed = flow_counts(id)
if open <= 0 or failed then
  redis.call('HDEL', record_key(id), 'because', 'by', 'until')
  redis.call('HDEL', flow_key(id), 'awaited')
  if open <= 0 then redis.call('HSETNX', flow_key(id), 'ended', now) end
  place(id, now, lane)
else
  redis.call('HSET', flow_key(id), 'awaited', now)
  redis.call('HDEL', record_key(id), 'until')
  tell_waiting(id, open, total)
  place(id, now + FAR, lane, held)
end
keep_flow(id, open > 0 and OPEN_SECONDS or OVER_SECONDS)
count('awaited', 1, job_type)
emit('await', 'job', id, 'open', open, 'children', total)
wake()
return 1
