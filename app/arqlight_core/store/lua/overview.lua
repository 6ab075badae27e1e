#!lua flags=no-writes
-- Reads one queue's counters; costs the same for ten jobs and for ten million.
-- KEYS: queue, prefix
-- ARGV: minutes (how many past minutes to read beside the running one, -1 = not even that), totals (1: the totals, too)
-- Returns: {now, waiting, scheduled, active, retrying, held, {completed, dead, cancelled; nothing without a minute}, oldest due or -1, paused fields, totals, minutes, breaker fields, {because, by} of held jobs, when a ramp ends or 0, standing holds}
-- Event: none
-- What runs, is tried again or held stands in the line, too: when that is empty nothing else has to be counted.
local line = redis.call('ZCARD', queue)
local waiting = line > 0 and redis.call('ZCOUNT', queue, '-inf', now) or 0
local running = line > 0 and redis.call('ZCOUNT', active, '(' .. now, '+inf') or 0
local future = line - waiting
-- Behind the first job that stands at its due moment nobody has waited longer; of more than fifty with one the oldest is told.
local function oldest_due()
  local oldest = -1
  local first, score = unpack(redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES'))
  local since = due_since(score_in_line(first, score))
  if since == math.floor(score) then return since end
  local head = redis.call('ZRANGE', queue, 0, 49, 'WITHSCORES')
  for i = 2, #head, 2 do
    if tonumber(head[i]) > now then break end
    local since = due_since(score_in_line(head[i - 1], head[i]))
    if oldest < 0 or since < oldest then oldest = since end
    if since == math.floor(head[i]) then break end
  end
  return oldest
end
-- Why those are held that are to run next.
local function reasons_of_held()
  local told = {}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', held, '(' .. now, '+inf', 'LIMIT', 0, 10)) do
    local because, by = unpack(redis.call('HMGET', record_key(id), 'because', 'by'))
    told[#told + 1] = {because or '', by or ''}
  end
  return told
end
-- Of most queues nothing of this stands: one question then, instead of seven.
local again, kept, reasons, paused, holds, ramp_end = 0, 0, {}, {}, {}, 0
local own_breaker = {false, false, false, false, false, false, false}
if redis.call('EXISTS', retrying, held, prefix .. 'paused', prefix .. 'holds', prefix .. 'ramp', prefix .. 'breaker:') > 0 then
  again = redis.call('ZCOUNT', retrying, '(' .. now, '+inf')
  kept = redis.call('ZCOUNT', held, '(' .. now, '+inf')
  reasons = reasons_of_held()
  paused, holds = redis.call('HGETALL', prefix .. 'paused'), redis.call('HGETALL', prefix .. 'holds')
  ramp_end = math.max(0, redis.call('PEXPIRETIME', prefix .. 'ramp'))
  own_breaker = redis.call('HMGET', prefix .. 'breaker:', 'state', 'until', 'why', 'forced', 'forced_until', 'forced_why', 'since')
end
local minutes, ended = {}, {}
if tonumber(ARGV[1]) >= 0 then
  for i, state in ipairs({'completed', 'dead', 'cancelled'}) do ended[i] = redis.call('ZCARD', prefix .. state) end
end
for back = 0, tonumber(ARGV[1]) do minutes[#minutes + 1] = redis.call('HGETALL', minute_key(now - back * 60000)) end
return {
  now, waiting, math.max(0, future - running - again - kept), running, again, kept,
  ended, waiting > 0 and oldest_due() or -1, paused, ARGV[2] == '1' and redis.call('HGETALL', prefix .. 'totals') or {}, minutes,
  own_breaker, reasons, ramp_end, holds,
}
