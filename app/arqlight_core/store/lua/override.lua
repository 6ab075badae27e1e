#!lua flags=allow-oom
-- Lets another value of a queue's live setting stand in for the declared one, for a time or until it is restored.
-- KEYS: shared, prefix
-- ARGV: name, setting, value, by, reason, lasting_ms (0 = until it is restored)
-- Returns: until when (ms), 0 = until it is restored
-- Event: override
local name, setting, value, by, reason, lasting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local till = lasting > 0 and now + lasting or 0
local told = cjson.encode({value = value, by = by, reason = reason, at_ms = now, until_ms = till})
redis.call('HSET', prefix .. 'overrides', name .. ' ' .. setting, told)
emit('override', 'queue', name, 'setting', setting, 'value', value, 'by', by, 'reason', reason, 'until', till)
return till
