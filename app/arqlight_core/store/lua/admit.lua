#!lua flags=allow-oom
-- Lets a claimed job run, or says what is in its way: the holder of its key, a breaker, or a limit. It is all or nothing.
-- KEYS: shared, prefix
-- ARGV: owner, job_id, lane, again, lease_ms, demands (JSON: exclusive key, needs as name and rules, limits)
-- Returns: {1, then {dependency, generation, 1 for a probe} ...} or {0, kind, name, key, why in words, ms to wait, holder}
-- Event: breaker, when its time has come or a forced mode is over
-- Prelude: breaker
-- A call repeated with the same owner and job is answered as before and charges nothing: its answer may have been lost.
local owner, job, lane, again, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
local demands = cjson.decode(ARGV[6])
local micros = time[1] * 1000000 + time[2]
local token = owner .. ' ' .. job
local memory = prefix .. 'asked:' .. token
local remembered = redis.call('GET', memory)
if remembered then return cjson.decode(remembered) end
if redis.call('EXISTS', prefix .. 'over:' .. token) == 1 then return {0, 'over', '', '', 'this run is over', 1000, ''} end

local function answered(answer)
  redis.call('SET', memory, cjson.encode(answer), 'PX', 60000)
  return answer
end

local function denied(kind, name, key, why, wait, holder)
  return answered({0, kind, name, key, why, math.max(1, math.ceil(wait)), holder})
end

-- ------------------------------------------------------------------ one running per key

local running = demands.exclusive ~= '' and prefix .. 'running:' .. demands.exclusive
local KEY_LOOK, KEY_SPACING, KEY_LONGEST = 1000, 100, 60000  -- ms; nobody knows when the other job ends

-- Each job that finds a key taken looks again at a moment of its own: however many wait, the key is asked for rarely.
local function next_look()
  local line = prefix .. 'line:' .. demands.exclusive
  local slot = math.max(tonumber(redis.call('GET', line) or 0), now + KEY_LOOK)
  slot = math.min(slot, now + KEY_LONGEST)
  redis.call('SET', line, slot + KEY_SPACING, 'PX', slot - now + KEY_SPACING)
  return slot - now
end

local holder = running and redis.call('GET', running)
if holder and holder ~= token then
  local other = string.match(holder, ' (.*)$')
  return denied('exclusive', demands.exclusive, '', 'job ' .. other .. ' is running', next_look(), other)
end

-- ------------------------------------------------------------------ breakers

-- Each job that is turned away gets a moment of its own, from when on asking is of use.
local function place_in_line(breaker, earliest)
  local slot = math.min(math.max(breaker.line, earliest), earliest + LONGEST_LINE)
  redis.call('HSET', breaker.hash, 'line', slot + SPACING)
  redis.call('HINCRBY', breaker.hash, 'denied', 1)
  return slot - now
end

local breakers = {}
for i, need in ipairs(demands.needs) do
  breakers[i] = breaker_named(need.name, need.rules)
  local left, why, earliest = room(breakers[i], lease)
  if left < 1 then
    return denied('breaker', need.name, '', why, place_in_line(breakers[i], earliest), '')
  end
end

-- ------------------------------------------------------------------ limits

local LONGEST_WAIT = 3600000
local function of_key(kind, limit) return prefix .. kind .. ':' .. limit.name .. '|' .. limit.key end

-- After the clock was set back a log has entries from the future: they count as made now.
local function heed_clock_in_log(log)
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', log, string.format('(%.0f', micros), '+inf', 'LIMIT', 0, 500)) do
    redis.call('ZADD', log, micros, entry)
  end
end

-- The wait (us) until a window of the log has room again; 0 when it has.
local function wait_in_log(log, rate)
  local opened = micros - rate.per_ms * 1000
  if redis.call('ZCOUNT', log, string.format('(%.0f', opened), '+inf') < rate.limit then return 0 end
  local oldest_that_counts = redis.call('ZRANGE', log, -rate.limit, -rate.limit, 'WITHSCORES')
  return math.max(1, tonumber(oldest_that_counts[2]) - opened)
end

-- GCRA: no span of `per` holds more than burst - 1 + per / emission, which is the limit.
local function emission(rate) return math.ceil(rate.per_ms * 1000 / (rate.limit - rate.burst + 1)) end

-- When the next one is expected (us); a clock that was set back cannot lock a key out for longer than its burst.
local function expected(pace, rate)
  local moment = tonumber(redis.call('HGET', pace, rate.per_ms) or 0)
  local latest = micros + emission(rate) * rate.burst
  if moment <= latest then return math.max(moment, micros) end
  redis.call('HSET', pace, rate.per_ms, string.format('%.0f', latest))
  return latest
end

local function wait_in_pace(pace, rate)
  return math.max(0, expected(pace, rate) - emission(rate) * (rate.burst - 1) - micros)
end

-- The longest wait (ms) that a limit asks for, and the rate that does.
local function wait_of(limit)
  local longest, binding = 0, nil
  local log, pace = of_key('log', limit), of_key('pace', limit)
  if limit.exact then heed_clock_in_log(log) end
  for _, rate in ipairs(limit.rates) do
    local wait = limit.exact and wait_in_log(log, rate) or not limit.exact and wait_in_pace(pace, rate) or 0
    if wait > longest then longest, binding = wait, rate end
  end
  return longest / 1000, binding
end

-- Each denied job gets a moment of its own, so that they do not all come back for the same place: one line for each
-- lane, and one for those that had such a moment and were beaten to it.
local function turn_of(limit, rate, wait)
  local lines, line = of_key('lines', limit), again and 'again' or lane
  local spacing = limit.exact and rate.per_ms / rate.limit or emission(rate) / 1000
  local slot = math.max(tonumber(redis.call('HGET', lines, line) or 0), now + wait)
  slot = math.min(slot, now + LONGEST_WAIT)  -- then it asks again: an operator may have raised the rate
  redis.call('HSET', lines, line, slot + spacing)
  redis.call('PEXPIRE', lines, LONGEST_WAIT + math.ceil(spacing))
  return slot - now
end

local function note_denial(limit, wait)
  local limited = prefix .. 'limited:' .. limit.name
  redis.call('HINCRBY', prefix .. 'denials', limit.name, 1)
  redis.call('ZREMRANGEBYSCORE', limited, '-inf', now)
  redis.call('ZADD', limited, now + math.ceil(wait), limit.key)
  redis.call('ZREMRANGEBYRANK', limited, 0, -1001)
  redis.call('PEXPIRE', limited, 86400000)
end

local longest, binding, limiting = 0, nil, nil
for _, limit in ipairs(demands.limits) do
  local wait, rate = wait_of(limit)
  if wait > longest then longest, binding, limiting = wait, rate, limit end
end
if limiting then
  note_denial(limiting, longest)
  return denied('limit', limiting.name, limiting.key, binding.words, turn_of(limiting, binding, longest), '')
end

-- ------------------------------------------------------------------ nothing is in its way: charge everything

local function longest_span(limit)
  local span = 0
  for _, rate in ipairs(limit.rates) do span = math.max(span, rate.per_ms) end
  return span
end

local function charge_log(log, limit)
  local span = longest_span(limit)
  local gone = redis.call('ZCOUNT', log, '-inf', string.format('%.0f', micros - span * 1000))
  if gone > 0 then redis.call('ZREMRANGEBYRANK', log, 0, math.min(gone, 500) - 1) end
  redis.call('ZADD', log, micros, token)
  redis.call('PEXPIRE', log, span + 1000)
end

local function charge_pace(pace, limit)
  local ends = 0
  for _, rate in ipairs(limit.rates) do
    local moment = expected(pace, rate) + emission(rate)
    redis.call('HSET', pace, rate.per_ms, string.format('%.0f', moment))
    ends = math.max(ends, moment - micros)
  end
  redis.call('PEXPIRE', pace, math.ceil(ends / 1000) + 1000)
end

for _, limit in ipairs(demands.limits) do
  if limit.exact then charge_log(of_key('log', limit), limit) else charge_pace(of_key('pace', limit), limit) end
end
if running then redis.call('SET', running, token, 'PX', lease) end
local answer = {1}
for _, breaker in ipairs(breakers) do
  local as_probe = enter(breaker, {token}, now + lease)
  answer[#answer + 1] = {breaker.name, breaker.generation, as_probe and 1 or 0}
end
return answered(answer)
