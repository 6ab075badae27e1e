-- Put before scripts that meet a circuit breaker: a queue's own, whose name is '', or that of a dependency shared by queues.
-- Its hash: rules, state, generation, since, until, passed, reopened, ramp, trips, denied, line, blocked, why, by, and forced,
-- forced_by, forced_why, forced_until. A result counts only if its run was let in under the generation that still stands.
local LONGEST_OPEN = 1800000  -- however often a probe fails
local LONGEST_LINE = 3600000
local SPACING = 20            -- ms between two jobs that a breaker has turned away
local SLICES = 10             -- of the window that the rate of faults is looked at in
local KNOWN = {'state', 'generation', 'since', 'until', 'reopened', 'ramp', 'forced', 'forced_until', 'blocked', 'line', 'rules'}

-- The breaker as it stands; `rules` (JSON) are kept with it, so that whoever reports knows them.
local function breaker_named(name, rules)
  local hash = prefix .. 'breaker:' .. name
  local told = redis.call('HMGET', hash, unpack(KNOWN))
  if rules and told[11] ~= rules then redis.call('HSET', hash, 'rules', rules) end
  rules = rules or told[11]
  return {
    name = name, hash = hash, state = told[1] or 'closed', generation = tonumber(told[2] or 0),
    since = tonumber(told[3] or 0), open_until = tonumber(told[4] or 0), reopened = tonumber(told[5] or 0),
    ramp_until = tonumber(told[6] or 0), forced = told[7], forced_until = tonumber(told[8] or 0),
    blocked = tonumber(told[9] or 0), line = tonumber(told[10] or 0), rules = rules and cjson.decode(rules),
    faults = prefix .. 'breaker.faults:' .. name,  -- sorted set: jobs that failed since anything went well
    calls = prefix .. 'breaker.calls:' .. name,    -- hash: slice of the window and s or f -> how many
    probes = prefix .. 'breaker.probes:' .. name,  -- sorted set: token (of a queue's own: job) -> end of its lease
  }
end

-- Of a queue's own breaker the generation is the newest fence, so that leases need not carry it.
local function next_generation(breaker)
  if breaker.name == '' then return tonumber(redis.call('GET', prefix .. 'fence') or 0) end
  return breaker.generation + 1
end

local function turn(breaker, state, why, by)
  local from = breaker.state
  breaker.state, breaker.since, breaker.generation = state, now, next_generation(breaker)
  redis.call('HSET', breaker.hash, 'state', state, 'since', now, 'generation', breaker.generation, 'passed', 0, 'why', why, 'by', by)
  redis.call('DEL', breaker.faults, breaker.probes)
  emit('breaker', 'name', breaker.name, 'from', from, 'to', state, 'why', why, 'by', by)
  if state == 'closed' then wake() end
end

-- Each probe that fails doubles how long it stays open.
local function open(breaker, why, by)
  local again = breaker.state == 'half-open' and breaker.reopened + 1 or 0
  local span = breaker.rules.open_ms
  breaker.open_until = now + math.min(span * 2 ^ math.min(again, 30), math.max(span, LONGEST_OPEN))
  turn(breaker, 'open', why, by)
  redis.call('HSET', breaker.hash, 'until', breaker.open_until, 'reopened', again, 'line', 0)
  redis.call('HINCRBY', breaker.hash, 'trips', 1)
end

local function close(breaker, why, by)
  turn(breaker, 'closed', why, by)
  redis.call('DEL', breaker.calls)
  breaker.ramp_until = now + (breaker.rules and breaker.rules.ramp_ms or 0)
  redis.call('HSET', breaker.hash, 'reopened', 0, 'ramp', breaker.ramp_until, 'ramp_second', -1, 'line', 0)
end

local function lift_forced(breaker, why, by)
  redis.call('HDEL', breaker.hash, 'forced', 'forced_by', 'forced_why', 'forced_until')
  emit('breaker', 'name', breaker.name, 'from', 'forced ' .. breaker.forced, 'to', breaker.state, 'why', why, 'by', by)
  breaker.forced = false
end

local function lift_expired(breaker)
  if breaker.forced and breaker.forced_until > 0 and breaker.forced_until <= now then
    lift_forced(breaker, 'its time is over', 'arqlight')
  end
end

-- How many probes are out; of a queue's own, those whose lease stands, or is spared to its owner after a silence.
local function probes_out(breaker, lease)
  if breaker.name ~= '' then
    redis.call('ZREMRANGEBYSCORE', breaker.probes, '-inf', now)
    for _, token in ipairs(redis.call('ZRANGEBYSCORE', breaker.probes, '(' .. (now + lease), '+inf')) do
      redis.call('ZADD', breaker.probes, now + lease, token)  -- the clock was set back: a dead holder must not block for long
    end
    return redis.call('ZCARD', breaker.probes)
  end
  local out, spared = 0, tonumber(redis.call('HGET', prefix .. 'pulse', 'spared') or 0)
  for _, id in ipairs(redis.call('ZRANGE', breaker.probes, 0, -1)) do
    local lease_end = tonumber(redis.call('ZSCORE', active, id) or 0)
    if lease_end > now or (lease_end > 0 and spared > now) then
      out = out + 1
    else
      redis.call('ZREM', breaker.probes, id)
    end
  end
  return out
end

-- How many the ramp still lets in within this second, and which second that is: twice as many as in the one before.
local function ramp_room(breaker)
  local second = math.max(0, math.floor((now - breaker.since) / 1000))
  local counted, n = unpack(redis.call('HMGET', breaker.hash, 'ramp_second', 'ramp_count'))
  local so_far = tonumber(counted or -1) == second and tonumber(n) or 0
  return breaker.rules.probes * 2 ^ math.min(second, 30) - so_far, second, so_far
end

local function is_ramping(breaker)
  return breaker.state == 'closed' and breaker.ramp_until > now
end

-- After the clock was set back it stays open no longer than it was meant to.
local function heed_clock(breaker)
  if breaker.since <= now then return end
  breaker.open_until, breaker.since = now + breaker.open_until - breaker.since, now
  redis.call('HSET', breaker.hash, 'since', now, 'until', breaker.open_until)
end

-- How many more it lets in, for leases of so many ms; and when it lets nobody in: why, and from when on asking is of use.
local function room(breaker, lease)
  heed_clock(breaker)
  lift_expired(breaker)
  if breaker.forced == 'closed' then return math.huge end
  if breaker.forced == 'open' then
    return 0, 'is forced open', breaker.forced_until > 0 and breaker.forced_until or now + 60000
  end
  if breaker.blocked > now then return 0, 'was told to wait', breaker.blocked end
  if breaker.state == 'open' then
    if breaker.open_until > now then return 0, 'is open', breaker.open_until end
    turn(breaker, 'half-open', 'it was open long enough', 'arqlight')
  end
  if breaker.state == 'half-open' then return breaker.rules.probes - probes_out(breaker, lease), 'is half-open', now + 500 end
  if is_ramping(breaker) then
    local left, second = ramp_room(breaker)
    return left, 'has just closed', breaker.since + (second + 1) * 1000
  end
  return math.huge
end

-- Notes that these went in (tokens; of a queue's own: jobs), for leases that end at a moment. Answers whether as probes.
local function enter(breaker, tokens, lease_end)
  if breaker.forced == 'closed' then return false end
  if is_ramping(breaker) then
    local _, second, so_far = ramp_room(breaker)
    redis.call('HSET', breaker.hash, 'ramp_second', second, 'ramp_count', so_far + #tokens)
  end
  if breaker.state ~= 'half-open' then return false end
  for _, token in ipairs(tokens) do redis.call('ZADD', breaker.probes, lease_end, token) end
  return true
end

-- What became of the calls within the window: how many went well, how many failed.
local function calls_in_window(breaker)
  local newest = math.floor(now / (breaker.rules.window_ms / SLICES))
  local of = {s = 0, f = 0}
  local slices = redis.call('HGETALL', breaker.calls)
  for i = 1, #slices, 2 do
    local slice, kind = string.match(slices[i], '^(%d+)(%a)$')
    slice = tonumber(slice)
    if slice > newest - SLICES and slice <= newest then of[kind] = of[kind] + slices[i + 1] end
  end
  return of.s, of.f
end

local function forget_old_calls(breaker, newest)
  local fields = redis.call('HKEYS', breaker.calls)
  for _, field in ipairs(fields) do
    local slice = tonumber(string.match(field, '^%d+'))
    if slice <= newest - SLICES or slice > newest then redis.call('HDEL', breaker.calls, field) end
  end
end

local function count_calls(breaker, kind, n)
  local newest = math.floor(now / (breaker.rules.window_ms / SLICES))
  if redis.call('HINCRBY', breaker.calls, newest .. kind, n) == n then
    forget_old_calls(breaker, newest)
    redis.call('PEXPIRE', breaker.calls, breaker.rules.window_ms * 2)
  end
end

local function hear_successes(breaker, n)
  count_calls(breaker, 's', n)
  redis.call('DEL', breaker.faults)
end

local function hear_fault(breaker, job)
  count_calls(breaker, 'f', 1)
  redis.call('ZADD', breaker.faults, now, job)
  redis.call('PEXPIRE', breaker.faults, math.max(86400000, breaker.rules.window_ms))
  local in_a_row = redis.call('ZCARD', breaker.faults)
  if in_a_row >= breaker.rules.faults then return open(breaker, in_a_row .. ' jobs in a row failed', job) end
  if breaker.rules.rate <= 0 then return end
  local well, failed = calls_in_window(breaker)
  if well + failed >= breaker.rules.min_calls and failed / (well + failed) >= breaker.rules.rate then
    open(breaker, failed .. ' of ' .. (well + failed) .. ' calls failed', job)
  end
end

-- Takes note of how a run ended that was let in under the generation that stands: ok, fault, config, or anything neutral.
local function hear(breaker, verdict, job, token)
  if breaker.state == 'half-open' then
    if redis.call('ZREM', breaker.probes, token) == 0 then return end
    if verdict == 'fault' then return open(breaker, 'a probe failed', job) end
    if verdict == 'config' then return open(breaker, 'a probe was refused as misconfigured', job) end
    if verdict ~= 'ok' then return end
    local passed = redis.call('HINCRBY', breaker.hash, 'passed', 1)
    if passed >= breaker.rules.successes then close(breaker, passed .. ' probes in a row went well', job) end
  elseif breaker.state == 'closed' then
    if verdict == 'config' then return open(breaker, 'refused as misconfigured', job) end
    if verdict == 'fault' then return hear_fault(breaker, job) end
    if verdict == 'ok' then hear_successes(breaker, 1) end
  end
end

-- Tells the queue's own breaker, should it have one, how these runs ended; a lease older than its last turn says nothing.
local function tell_own_breaker(verdict, ids, owners)
  local breaker = breaker_named('')
  if not breaker.rules then return end
  local well = 0
  for i, id in ipairs(ids) do
    if tonumber(string.match(owners[i], ':(%d+):%d+$') or 0) > breaker.generation then
      if verdict == 'ok' and breaker.state == 'closed' then
        well = well + 1
      else
        hear(breaker, verdict, id, id)
      end
    end
  end
  if well > 0 then hear_successes(breaker, well) end
end
