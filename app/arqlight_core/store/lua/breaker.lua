#!lua flags=no-writes
-- Reads one circuit breaker: a queue's own, or that of a dependency.
-- KEYS: queue, prefix
-- ARGV: name (empty for the queue's own)
-- Returns: {now, fields, faults in a row, calls that went well and that failed within the window, probes out}
-- Event: none
-- Prelude: breaker
local name = ARGV[1]
local breaker = breaker_named(name)
local well, failed = 0, 0
if breaker.rules then well, failed = calls_in_window(breaker) end
local function is_out(token, lease_end)
  return tonumber(name == '' and redis.call('ZSCORE', active, token) or lease_end) > now
end
local out, found = 0, redis.call('ZRANGE', breaker.probes, 0, -1, 'WITHSCORES')
for i = 1, #found, 2 do
  if is_out(found[i], found[i + 1]) then out = out + 1 end
end
return {now, redis.call('HGETALL', breaker.hash), redis.call('ZCARD', breaker.faults), well, failed, out}
