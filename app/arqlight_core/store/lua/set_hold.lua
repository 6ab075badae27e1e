#!lua flags=allow-oom
-- Sets up a standing hold: from now on workers hold each job that matches, as they would begin it.
-- KEYS: queue, prefix
-- ARGV: rule, terms (what a job must match, as JSON), by, reason, lasting_ms (0 = until it is lifted)
-- Returns: until when (ms), 0 = until it is lifted, -1 = the queue has too many
-- Event: set_hold
local MOST = 50
local rule, terms, by, reason, lasting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local holds = prefix .. 'holds'
if redis.call('HEXISTS', holds, rule) == 0 and redis.call('HLEN', holds) >= MOST then return -1 end
local till = lasting > 0 and now + lasting or 0
redis.call('HSET', holds, rule, cjson.encode({terms = terms, by = by, reason = reason, at_ms = now, until_ms = till}))
emit('set_hold', 'rule', rule, 'terms', terms, 'by', by, 'reason', reason, 'until', till)
return till
