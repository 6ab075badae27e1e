#!lua flags=allow-oom
-- Moves a bulk operation from one of these states to another: pauses it, lets it go on, or ends it.
-- KEYS: queue, prefix
-- ARGV: bulk, before (states), to, by, note, carrier (empty: whoever it is)
-- Returns: the state it is in now; empty when there is no such bulk
-- Event: bulk
local bulk, before, to, by, note, carrier = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = prefix .. 'bulk:' .. bulk
local state, owner, operation = unpack(redis.call('HMGET', key, 'state', 'owner', 'operation'))
if not state then return '' end
if not string.find(before, state, 1, true) or (carrier ~= '' and owner ~= carrier) then return state end
redis.call('HSET', key, 'state', to, 'told_by', by, 'note', note)
redis.call('HDEL', key, 'owner', 'lease')
redis.call('EXPIRE', key, BULK_SECONDS)
if to == 'done' or to == 'aborted' or to == 'failed' then
  redis.call('HSET', key, 'ended', now)
  local is_told = (redis.call('HGET', key, 'ref') or '') == ''  -- else it stays open until the audit trail has its end
  if is_told then redis.call('SREM', prefix .. 'bulks:open', bulk) end
end
emit('bulk', 'bulk', bulk, 'operation', operation, 'state', to, 'jobs', redis.call('HGET', key, 'changed') or 0, 'by', by, 'reason', note)
return to
