#!lua flags=allow-oom
-- Puts a job whose attempt failed back for another one after a delay.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, delay_ms, failure, error
-- Returns: 1, or 0 when the lease is lost
-- Event: retry
local id, owner, delay, failure, error = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local refused = refusal(id, owner, 'retry')
if refused then return refused end
keep_failure(id, failure, error)
end_lease(id, owner, 'retry')
redis.call('PERSIST', payload_key(id))
redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + math.ceil(delay / 1000))
redis.call('HSET', record_key(id), 'because', 'retrying after a failed attempt', 'by', 'retry policy', 'until', now + delay)
redis.call('ZADD', queue, now + delay, id)
redis.call('ZADD', retrying, now + delay, id)
count('retried', 1)
emit('retry', 'job', id, 'error', error, 'until', now + delay)
wake()
return 1
