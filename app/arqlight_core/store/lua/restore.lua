#!lua flags=allow-oom
-- Lets the declared value of a queue's live setting count again.
-- KEYS: shared, prefix
-- ARGV: name, setting, by, reason (by is empty when only the end of its time is meant)
-- Returns: 1, or 0 when nothing stood in for it, or its time is not over
-- Event: restore
local name, setting, by, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local told = redis.call('HGET', prefix .. 'overrides', name .. ' ' .. setting)
if not told then return 0 end
if by == '' then
  local till = cjson.decode(told).until_ms
  if till == 0 or till > now then return 0 end
  by, reason = 'its time limit', 'its time is over'
end
redis.call('HDEL', prefix .. 'overrides', name .. ' ' .. setting)
emit('restore', 'queue', name, 'setting', setting, 'by', by, 'reason', reason)
return 1
