#!lua flags=allow-oom
-- Puts a circuit breaker where an operator wants it: forced open or closed for a while, half-open, or reset.
-- KEYS: queue, prefix
-- ARGV: name (empty for the queue's own), mode, for_ms (0 without an end), by, reason
-- Returns: 1, or 0 when it stood so already
-- Event: breaker
-- Prelude: breaker
local name, mode, span, by, reason = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local breaker = breaker_named(name)
lift_expired(breaker)
local stood = breaker.forced and 'forced ' .. breaker.forced or breaker.state

local changed = false

local function force()
  local ends = span > 0 and now + span or 0
  if stood == 'forced ' .. mode and ends == breaker.forced_until then return end
  redis.call('HSET', breaker.hash, 'forced', mode, 'forced_by', by, 'forced_why', reason, 'forced_until', ends)
  emit('breaker', 'name', name, 'from', stood, 'to', 'forced ' .. mode, 'why', reason, 'by', by)
  changed = true
end

local function tell_end_of(what)
  emit('breaker', 'name', name, 'from', what, 'to', breaker.state, 'why', reason, 'by', by)
  changed = true
end

-- Turns it to a state of its own, with nothing beside that would be in the way.
local function stand(state, move)
  redis.call('HDEL', breaker.hash, 'blocked')
  if breaker.blocked > now then tell_end_of('blocked') end
  if breaker.forced then
    lift_forced(breaker, reason, by)
    changed = true
  end
  if breaker.state ~= state then
    move()
    changed = true
  end
end

-- One that was never asked learns its rules from the first job that asks.
local function try_again()
  stand('half-open', function() turn(breaker, 'half-open', reason, by) end)
end

local function reset()
  stand('closed', function() close(breaker, reason, by) end)
  local faults = redis.call('ZCARD', breaker.faults)
  redis.call('DEL', breaker.faults)
  if faults > 0 then tell_end_of(faults .. ' in a row failed') end
end

local modes = {open = force, closed = force, ['half-open'] = try_again, reset = reset}
modes[mode]()
if changed then wake() end
return changed and 1 or 0
