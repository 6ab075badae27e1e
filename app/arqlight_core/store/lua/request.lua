#!lua flags=allow-oom
-- Asks a worker process for something; it looks each second, and tells in its heartbeat that it has heard.
-- KEYS: shared, prefix
-- ARGV: worker, what, by, reason, kept_ms
-- Returns: when it was asked (ms)
-- Event: request
local worker, what, by, reason, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local told = cjson.encode({what = what, by = by, reason = reason, at_ms = now})
redis.call('SET', prefix .. 'request:' .. worker, told, 'PX', keep)
emit('request', 'worker', worker, 'what', what, 'by', by, 'reason', reason)
return now
