#!lua flags=allow-oom
-- Has nobody told of the alerts of a queue or of a kind for a time; they are raised and shown as before.
-- KEYS: shared, prefix
-- ARGV: silence, subject, by, reason, lasting_ms
-- Returns: until when (ms), -1 = there are too many
-- Event: silence
local MOST = 100
local id, subject, by, reason, lasting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local silences = prefix .. 'silences'
local told = redis.call('HGET', silences, id)
if told then return cjson.decode(told).until_ms end
if redis.call('HLEN', silences) >= MOST then return -1 end
local till = now + lasting
redis.call('HSET', silences, id, cjson.encode({subject = subject, by = by, reason = reason, at_ms = now, until_ms = till}))
emit('silence', 'silence', id, 'subject', subject, 'by', by, 'reason', reason, 'until', till)
return till
