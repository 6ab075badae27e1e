#!lua flags=no-writes
-- Reads a window of one state's jobs, in the order they will run or newest ended first.
-- KEYS: queue, prefix
-- ARGV: state, offset, limit
-- Returns: {now, total, then {id, score, lock, attempts, payload or result, record fields} ...}
-- Event: none
local state, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local live = {
  waiting = {queue, '-inf', now},
  scheduled = {scheduled, '(' .. now, '+inf'},
  active = {active, '(' .. now, '+inf'},
  retrying = {retrying, '(' .. now, '+inf'},
  held = {held, '(' .. now, '+inf'},
}
local total, found
if live[state] then
  local set, low, high = unpack(live[state])
  total = redis.call('ZCOUNT', set, low, high)
  found = redis.call('ZRANGEBYSCORE', set, low, high, 'WITHSCORES', 'LIMIT', offset, limit)
else
  total = redis.call('ZCARD', prefix .. state)
  found = redis.call('ZREVRANGE', prefix .. state, offset, offset + limit - 1, 'WITHSCORES')
end

local function body(id)
  for _, key in ipairs({payload_key(id), result_key(id)}) do
    local length = redis.call('STRLEN', key)
    if length > 0 and length <= LARGE then return redis.call('GET', key) end
  end
  if redis.call('HSTRLEN', record_key(id), 'payload') <= LARGE then return redis.call('HGET', record_key(id), 'payload') or '' end
  return ''
end

local function attempts(id)
  if not live[state] then return redis.call('LLEN', attempts_key(id)) end
  return (redis.call('GET', retry_key(id)) or 0) + (state == 'active' and 1 or 0)
end

local answer = {now, total}
for i = 1, #found, 2 do
  local id = found[i]
  local fields = redis.call('HMGET', record_key(id), 'done', 'total', 'stage', 'error', 'reason', 'because', 'until')
  answer[#answer + 1] = {
    id, found[i + 1], redis.call('GET', lock_key(id)) or '', attempts(id), body(id), fields,
  }
end
return answer
