#!lua flags=allow-oom
-- Puts a job back until later for a reason that is no failure; costs no attempt.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, delay_ms, because, by
-- Returns: 1, or 0 when the lease is lost
-- Event: defer
local id, owner, delay, because, by = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local refused = refusal(id, owner, 'defer')
if refused then return refused end
end_lease(id, owner, 'defer')
redis.call('PERSIST', payload_key(id))
redis.call('DECR', retry_key(id))
redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + math.ceil(delay / 1000))
redis.call('HSET', record_key(id), 'because', because, 'by', by, 'until', now + delay)
redis.call('ZADD', queue, now + delay, id)
redis.call('ZADD', scheduled, now + delay, id)
count('deferred', 1)
emit('defer', 'job', id, 'because', because, 'by', by, 'until', now + delay)
wake()
return 1
