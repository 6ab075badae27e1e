#!lua flags=no-writes
-- Reads until when jobs of a state are put off; those that a stock producer deferred are in no index and not seen.
-- KEYS: queue, prefix
-- ARGV: state (scheduled, retrying or held)
-- Returns: {when the last of them comes due or -1}
-- Event: none
local last = redis.call('ZRANGE', prefix .. ARGV[1], -1, -1, 'WITHSCORES')
return {last[2] and math.floor(last[2]) or -1}
