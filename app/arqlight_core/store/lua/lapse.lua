#!lua flags=allow-oom
-- Ends the leases of a worker that is known to be dead, in one chunk of the jobs that run: they are due at once.
-- KEYS: queue, prefix
-- ARGV: worker, cursor (score and id of the last one seen; empty: from the first), limit
-- Returns: {cursor behind these or '' at the end, how many leases were ended}
-- Event: none; whoever takes a job over emits its lapse
-- Prelude: walking
local owner, cursor, limit = ARGV[1] .. ':', ARGV[2], tonumber(ARGV[3])
-- Also those that have run out, which a silence may have left to it; they keep their place in the line.
local first = rank_behind(active, cursor, '(0')
local found = redis.call('ZRANGE', active, first, first + limit - 1, 'WITHSCORES')
if #found == 0 then return {'', 0} end

local keys = {}
for i = 1, #found, 2 do keys[#keys + 1] = lock_key(found[i]) end
local ended = 0
for i, lock in ipairs(redis.call('MGET', unpack(keys))) do
  if lock and string.sub(lock, 1, #owner) == owner then
    redis.call('ZADD', active, 0, found[i * 2 - 1])
    redis.call('ZADD', queue, 'XX', 'LT', now, found[i * 2 - 1])
    ended = ended + 1
  end
end
if ended > 0 then wake() end
return {#keys == limit and found[#found] .. ' ' .. found[#found - 1] or '', ended}
