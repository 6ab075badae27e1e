#!lua flags=allow-oom
-- Ends a job for good as dead or cancelled; its payload and every attempt's error are kept with it.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, state, reason, failure, error, result, ttl_ms, job_type, parent, verdict (fault, config: the queue's own breaker counts it), fingerprint, kind, pattern, frame, tenant
-- Returns: 1, or 0 when the lease is lost
-- Event: dead or cancelled; breaker, when the queue's own opens
-- Prelude: breaker
-- Prelude: failures
local id, owner, state, reason, failure, error = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local result, ttl, job_type, parent, verdict = ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10], ARGV[11]
local refused = refusal(id, owner, 'bury')
if refused then return refused end
keep_failure(id, owner, failure, error, {unpack(ARGV, 12, 16)}, job_type, state == 'dead')
local payload = redis.call('GET', payload_key(id))
if payload then redis.call('HSET', record_key(id), 'payload', payload) end
redis.call('HSET', record_key(id), 'reason', reason, 'ended', now, 'lane', lane_before(id))
redis.call('HDEL', record_key(id), 'because', 'by', 'until')
end_lease(id, owner, 'bury')
redis.call('DEL', payload_key(id), retry_key(id))
redis.call('HSET', record_key(id), 'lapses', redis.call('ZSCORE', lapses, id) or 0)
for _, set in ipairs({queue, lapses}) do redis.call('ZREM', set, id) end
redis.call('ZADD', prefix .. state, now, id)
if ttl > 0 then
  redis.call('SET', result_key(id), result, 'PX', ttl)
elseif ttl < 0 then
  redis.call('SET', result_key(id), result)
end
count(state, 1, job_type)
report(parent, state)
emit(state, 'job', id, 'reason', reason, 'error', error)
tell_own_breaker(verdict, {id}, {owner})
return 1
