#!lua flags=allow-oom
-- Puts a job back until later for a reason that is no failure: scheduled by its own wish, or held by a policy. Costs no attempt.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, delay_ms, because, by, state, job_type, rule (the standing hold that keeps it; empty: none)
-- Returns: 1, or 0 when the lease is lost
-- Event: defer, unless it is held: thousands may be, and would push everything else out
local id, owner, delay, because, by = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local state, job_type, rule = ARGV[6], ARGV[7], ARGV[8]
local refused = refusal(id, owner, 'defer')
if refused then return refused end
local origin = redis.call('ZSCORE', came, id) or now
local lane = lane_of(origin)
if rule ~= '' and redis.call('HEXISTS', prefix .. 'holds', rule) == 0 then delay = 1000 end  -- it was lifted meanwhile
end_lease(id, owner, 'defer')
redis.call('HDEL', record_key(id), 'parked', 'parked_as', 'rule', 'since')
if rule ~= '' then
  redis.call('HSET', record_key(id), 'parked', string.format('%.0f', due_since(origin)), 'parked_as', 'waiting', 'rule', rule, 'since', now)
end
redis.call('PERSIST', payload_key(id))
redis.call('EXPIRE', retry_key(id), RETRY_COUNTER_SECONDS + math.ceil(delay / 1000))
redis.call('HSET', record_key(id), 'because', because, 'by', by, 'until', now + delay)
if state ~= 'held' then redis.call('ZREM', lapses, id) end  -- it has run, and its worker lived to tell
place(id, now + delay, lane, prefix .. state)
count(state == 'held' and 'held' or 'deferred', 1, job_type)
if state ~= 'held' then emit('defer', 'job', id, 'because', because, 'by', by, 'until', now + delay) end
wake()
return 1
