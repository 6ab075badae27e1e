#!lua flags=allow-oom
-- Takes, or keeps, a bulk operation for one carrier: at a time one works on it, and the next goes on where it stood.
-- KEYS: queue, prefix
-- ARGV: bulk, carrier, lease_ms
-- Returns: the fields of its record, name and value in turn; empty when it is somebody else's, or not to be worked on
-- Event: none
local bulk, carrier, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key = prefix .. 'bulk:' .. bulk
local state, owner, until_ms = unpack(redis.call('HMGET', key, 'state', 'owner', 'lease'))
if state ~= 'queued' and state ~= 'running' then return {} end
if owner and owner ~= carrier and tonumber(until_ms) > now then return {} end
redis.call('HSET', key, 'state', 'running', 'owner', carrier, 'lease', now + lease)
redis.call('HSETNX', key, 'begun', now)
redis.call('EXPIRE', key, BULK_SECONDS)
return redis.call('HGETALL', key)
