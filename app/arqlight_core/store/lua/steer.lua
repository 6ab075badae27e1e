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

local function force()
  local ends = span > 0 and now + span or 0
  if stood == 'forced ' .. mode and ends == breaker.forced_until then return 0 end
  redis.call('HSET', breaker.hash, 'forced', mode, 'forced_by', by, 'forced_why', reason, 'forced_until', ends)
  emit('breaker', 'name', name, 'from', stood, 'to', 'forced ' .. mode, 'why', reason, 'by', by)
  return 1
end

-- Until it has been asked once a breaker does not know its rules, and cannot be half-open by them.
local function try_again()
  if stood == 'half-open' then return 0 end
  if breaker.forced then lift_forced(breaker, reason, by) end
  if breaker.state ~= 'half-open' then turn(breaker, 'half-open', reason, by) end
  return 1
end

local function reset()
  local blocked = redis.call('HDEL', breaker.hash, 'blocked') == 1 and breaker.blocked > now
  local failed = redis.call('DEL', breaker.faults) == 1
  if stood == 'closed' then return (blocked or failed) and 1 or 0 end
  if breaker.forced then lift_forced(breaker, reason, by) end
  if breaker.state ~= 'closed' then close(breaker, reason, by) end
  return 1
end

local modes = {open = force, closed = force, ['half-open'] = try_again, reset = reset}
local changed = modes[mode]()
if changed == 1 then wake() end
return changed
