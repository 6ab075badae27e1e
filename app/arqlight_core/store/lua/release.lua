#!lua flags=allow-oom
-- Gives a job back unfinished because its worker goes away; keeps its place in the line and costs no attempt.
-- KEYS: queue, prefix
-- ARGV: job_id, owner
-- Returns: 1, or 0 when the lease is lost
-- Event: release
local id, owner = ARGV[1], ARGV[2]
local refused = refusal(id, owner, 'release')
if refused then return refused end
local score = redis.call('ZSCORE', came, id) or now
end_lease(id, owner, 'release')
redis.call('ZADD', queue, score, id)
count('released', 1)
emit('release', 'job', id)
wake()
return 1
