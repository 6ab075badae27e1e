#!lua flags=allow-oom
-- Remembers how far a parent has got with spawning: opens its flow, or a spawn of it, adds children, and seals the spawn.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, life, spawn, job_type, child_queue, before, count, sealed
-- Returns: {number of the spawn's first child, how many children the flow has, one beyond the spawn's last or -1 while it is open}; empty when the lease is lost
-- Event: refused
-- Prelude: flow
-- `before` is how many children the flow has without these: a repeated call adds them once.
local id, owner, life, spawn, job_type, child_queue = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local before, count, sealed = ARGV[7], tonumber(ARGV[8]), ARGV[9] == '1'
if refusal(id, owner, 'spawned') then return {} end
begin_flow(id, life)
local flow = flow_key(id)
local total = redis.call('HGET', flow, 'total')
if redis.call('HSETNX', flow, 'first:' .. spawn, total) == 1 then
  redis.call('HSET', flow, 'type:' .. spawn, job_type, 'queue:' .. spawn, child_queue)
end
if count > 0 and total == before then
  total = redis.call('HINCRBY', flow, 'total', count)
  redis.call('HDEL', flow, 'ended')
end
if sealed then redis.call('HSETNX', flow, 'last:' .. spawn, total) end
keep_flow(id, OPEN_SECONDS)
local first, last = unpack(redis.call('HMGET', flow, 'first:' .. spawn, 'last:' .. spawn))
return {tonumber(first), tonumber(total), tonumber(last or -1)}
