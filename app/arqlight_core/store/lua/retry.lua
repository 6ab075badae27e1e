#!lua flags=allow-oom
-- Puts a job whose attempt failed back for another one after a delay.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, delay_ms, failure, error, job_type, verdict (fault: the queue's own breaker counts it), fingerprint, kind, pattern, frame, tenant
-- Returns: 1, or 0 when the lease is lost
-- Event: retry; breaker, when the queue's own opens
-- Prelude: breaker
-- Prelude: failures
local id, owner, delay, failure, error = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local job_type, verdict = ARGV[6], ARGV[7]
local refused = refusal(id, owner, 'retry')
if refused then return refused end
keep_failure(id, owner, failure, error, {unpack(ARGV, 8, 12)}, job_type)
local lane = lane_before(id)
end_lease(id, owner, 'retry')
redis.call('ZREM', lapses, id)  -- its worker lived to tell
redis.call('PERSIST', payload_key(id))
redis.call('INCR', retry_key(id))
redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + math.ceil(delay / 1000))
redis.call('HSET', record_key(id), 'because', 'retrying after a failed attempt', 'by', 'retry policy', 'until', now + delay)
place(id, now + delay, lane, retrying)
count('retried', 1, job_type)
emit('retry', 'job', id, 'error', error, 'until', now + delay)
tell_own_breaker(verdict, {id}, {owner})
wake()
return 1
