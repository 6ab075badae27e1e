#!lua flags=no-writes
-- Reads the alerts that the fleet keeps, with what operators have said to them.
-- KEYS: shared, prefix
-- ARGV: duty (whose leader looks for alerts)
-- Returns: {now, leader or '', alerts, silences, acknowledgements}; of each its name and its record (JSON) in turn
-- Event: none
return {
  now, redis.call('GET', prefix .. 'leader:' .. ARGV[1]) or '', redis.call('HGETALL', prefix .. 'alerts'),
  redis.call('HGETALL', prefix .. 'silences'), redis.call('HGETALL', prefix .. 'acknowledged'),
}
