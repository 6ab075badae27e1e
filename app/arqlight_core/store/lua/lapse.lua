#!lua flags=allow-oom
-- Ends all leases of a worker that is known to be dead: its jobs are due at once instead of when the leases run out.
-- KEYS: queue, prefix
-- ARGV: worker
-- Returns: how many leases were ended
-- Event: none; whoever takes a job over emits its lapse
local owner = ARGV[1] .. ':'
local ended = 0
-- Also those that have run out, which a silence may have left to it; they keep their place in the line.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', active, '(0', '+inf')) do
  local lock = redis.call('GET', lock_key(id))
  if lock and string.sub(lock, 1, #owner) == owner then
    redis.call('ZADD', active, 0, id)
    redis.call('ZADD', queue, 'XX', 'LT', now, id)
    ended = ended + 1
  end
end
if ended > 0 then wake() end
return ended
