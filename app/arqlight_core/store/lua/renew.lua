#!lua flags=allow-oom
-- Extends the leases that a worker still holds.
-- KEYS: queue, prefix
-- ARGV: lease_ms, lock_ms, leases (id, owner for each)
-- Returns: the ids whose lease is lost: the worker must stop them and write nothing
-- Event: none
local lease, keep = tonumber(ARGV[1]), ARGV[2]
local lost = {}
spared_until(lease)
for i = 3, #ARGV, 2 do
  local id, owner = ARGV[i], ARGV[i + 1]
  if redis.call('GET', lock_key(id)) == owner then
    redis.call('PEXPIRE', lock_key(id), keep)
    redis.call('ZADD', queue, 'XX', now + lease, id)
    redis.call('ZADD', active, now + lease, id)
  else
    lost[#lost + 1] = id
  end
end
return lost
