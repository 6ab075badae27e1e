#!lua flags=allow-oom
-- Writes down a bulk operation, for the fleet or whoever asked for it to carry out.
-- KEYS: queue, prefix
-- ARGV: bulk, operation, order (what to do to which jobs, as JSON), total, by, reason, ref (of the audit entry that its end closes), carrier (who carries it; empty: whoever comes first), lease_ms (the carrier's), warrant (by whom it may be done to what is guarded, kept where operators do not write; empty: by none)
-- Returns: 1, or 0 when it was written down before
-- Event: bulk
local bulk, operation, order, total, by, reason, ref, carrier, lease, warrant = unpack(ARGV)
local key = prefix .. 'bulk:' .. bulk
if redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HSET', key, 'operation', operation, 'order', order, 'total', total, 'by', by, 'reason', reason, 'ref', ref, 'state', 'queued', 'asked', now)
if carrier ~= '' then redis.call('HSET', key, 'owner', carrier, 'lease', now + tonumber(lease)) end
if warrant ~= '' then redis.call('SET', warrant_key(warrant), by, 'EX', BULK_SECONDS) end
redis.call('EXPIRE', key, BULK_SECONDS)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'bulks', '-inf', now - BULK_SECONDS * 1000, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', prefix .. 'bulk:' .. old) == 0 then
    redis.call('ZREM', prefix .. 'bulks', old)
    redis.call('SREM', prefix .. 'bulks:open', old)
  end
end
redis.call('ZADD', prefix .. 'bulks', now, bulk)
redis.call('SADD', prefix .. 'bulks:open', bulk)
emit('bulk', 'bulk', bulk, 'operation', operation, 'state', 'asked', 'jobs', total, 'by', by, 'reason', reason)
return 1
