#!lua flags=no-writes
-- Reads a window of one state's jobs, in the order they will run or newest ended first.
-- KEYS: queue, prefix
-- ARGV: state, offset, limit
-- Returns: {now, total, then {id, score, lock, attempts, payload or result, record fields} ...}
-- Event: none
-- Prelude: listing
local state, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local live = {
  waiting = {queue, '-inf', now},
  scheduled = {scheduled, now + 1, '+inf'},
  active = {active, '(' .. now, '+inf'},
  retrying = {retrying, '(' .. now, '+inf'},
  held = {held, '(' .. now, '+inf'},
}

-- How many jobs that come due later, but before a moment (nil: ever), are in no index of running, retrying or held ones.
local function scheduled_before(moment)
  local span = {now + 1, moment and string.format('(%.0f', moment) or '+inf'}
  local others = 0
  for _, index in ipairs({active, retrying, held}) do others = others + redis.call('ZCOUNT', index, unpack(span)) end
  return redis.call('ZCOUNT', queue, unpack(span)) - others
end

-- When the one at this place among them comes due.
local function due_of_scheduled(place)
  local last = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')
  local low, high = now + 1, math.min(last[2], 2 ^ 53)
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if scheduled_before(middle) <= place then low = middle else high = middle - 1 end
  end
  return low
end

-- Which of these (id and score in turn) are in an index of running, retrying or held jobs.
local function elsewhere(chunk)
  local ids, found = {}, {}
  for i = 1, #chunk, 2 do ids[#ids + 1] = chunk[i] end
  for _, index in ipairs({active, retrying, held}) do
    for i, moment in ipairs(redis.call('ZMSCORE', index, unpack(ids))) do
      if tonumber(moment or 0) > now then found[ids[i]] = true end
    end
  end
  return found
end

-- What a stock producer put off is in no index of ours, and is found among all that come due later: by counts, which lead
-- past what is retrying or held, and then one by one.
local CHUNK, CHUNKS = 200, 4
local function walk_scheduled(wanted)
  local page, rank, skip = {}, 0, nil
  for _ = 1, CHUNKS do
    local due = due_of_scheduled(offset + #page / 2)
    rank = math.max(rank, redis.call('ZCOUNT', queue, '-inf', string.format('(%.0f', due)))
    skip = skip or offset - scheduled_before(due)
    local chunk = redis.call('ZRANGE', queue, rank, rank + CHUNK - 1, 'WITHSCORES')
    if #chunk == 0 then return page end
    rank = rank + CHUNK
    local others = elsewhere(chunk)
    for i = 1, #chunk, 2 do
      if not others[chunk[i]] and skip > 0 then
        skip = skip - 1
      elseif not others[chunk[i]] then
        page[#page + 1] = chunk[i]
        page[#page + 1] = chunk[i + 1]
        if #page == wanted * 2 then return page end
      end
    end
  end
  return page
end

local total, found
local unknown = state == 'scheduled' and scheduled_before() - redis.call('ZCOUNT', scheduled, now + 1, '+inf') or 0
if unknown > 0 then
  total = scheduled_before()
  found = offset < total and limit > 0 and walk_scheduled(math.min(limit, total - offset)) or {}
elseif live[state] then
  local set, low, high = unpack(live[state])
  total = redis.call('ZCOUNT', set, low, high)
  found = redis.call('ZRANGEBYSCORE', set, low, high, 'WITHSCORES', 'LIMIT', offset, limit)
else
  total = redis.call('ZCARD', prefix .. state)
  found = redis.call('ZREVRANGE', prefix .. state, offset, offset + limit - 1, 'WITHSCORES')
end

local answer = {now, total}
for i = 1, #found, 2 do
  local id = found[i]
  answer[#answer + 1] = listed(id, state == 'waiting' and score_in_line(id, found[i + 1]) or found[i + 1], state)
end
return answer
