#!lua flags=no-writes
-- Says whether a bulk operation has a warrant: whoever asked for it may write jobs, or could not have left one.
-- KEYS: queue, prefix
-- ARGV: warrant
-- Returns: 1, or 0 without one
-- Event: none
return redis.call('EXISTS', warrant_key(ARGV[1]))
