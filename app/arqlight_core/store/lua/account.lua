#!lua flags=allow-oom
-- Leaves it to one teller at a time to write the end of a bulk into the audit trail, and takes note when it is written.
-- KEYS: queue, prefix
-- ARGV: bulk, teller, lease_ms (0: it is written)
-- Returns: the fields of its record as they were, name and value in turn; empty when there is nothing to tell, or another tells it
-- Event: none
local bulk, teller, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key = prefix .. 'bulk:' .. bulk
local ended, ref, told, until_ms = unpack(redis.call('HMGET', key, 'ended', 'ref', 'told', 'telling'))
if not ended or not ref or ref == '' or told then return {} end
if lease > 0 and tonumber(until_ms or 0) > now then return {} end
local record = redis.call('HGETALL', key)
if lease > 0 then
  redis.call('HSET', key, 'teller', teller, 'telling', now + lease)
else
  redis.call('HSET', key, 'told', teller)
  redis.call('SREM', prefix .. 'bulks:open', bulk)
end
return record
