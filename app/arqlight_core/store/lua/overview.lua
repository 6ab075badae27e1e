#!lua flags=no-writes
-- Reads one queue's counters; costs the same for ten jobs and for ten million.
-- KEYS: queue, prefix
-- ARGV: minutes (how many past minutes to read beside the running one)
-- Returns: {now, waiting, scheduled, active, retrying, completed, dead, cancelled, oldest due or -1, paused fields, totals, minutes}
-- Event: none
local waiting = redis.call('ZCOUNT', queue, '-inf', now)
local running = redis.call('ZCOUNT', active, '(' .. now, '+inf')
local again = redis.call('ZCOUNT', retrying, '(' .. now, '+inf')
local future = redis.call('ZCARD', queue) - waiting
local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
local oldest = head[2] and tonumber(head[2]) <= now and math.floor(tonumber(head[2])) or -1
local minutes = {}
for back = 0, tonumber(ARGV[1]) do minutes[#minutes + 1] = redis.call('HGETALL', minute_key(now - back * 60000)) end
return {
  now, waiting, math.max(0, future - running - again), running, again,
  redis.call('ZCARD', prefix .. 'completed'), redis.call('ZCARD', prefix .. 'dead'), redis.call('ZCARD', prefix .. 'cancelled'),
  oldest, redis.call('HGETALL', prefix .. 'paused'), redis.call('HGETALL', prefix .. 'totals'), minutes,
}
