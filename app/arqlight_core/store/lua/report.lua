#!lua flags=allow-oom
-- Tells, after a run, how each dependency did; gives back the key that the job held and its places as a probe.
-- KEYS: shared, prefix
-- ARGV: owner, job_id, exclusive, verdicts (name, generation, verdict, wait_ms for each)
-- Returns: 1, or 0 when this was told before
-- Event: breaker, when one opens or closes, or is told to wait
-- Prelude: breaker
local token = ARGV[1] .. ' ' .. ARGV[2]
local job, exclusive = ARGV[2], ARGV[3]
-- Also an admission or a renewal that is late on its way takes nothing any more.
if not redis.call('SET', prefix .. 'over:' .. token, '1', 'NX', 'PX', 60000) then return 0 end
redis.call('DEL', prefix .. 'asked:' .. token)
local running = prefix .. 'running:' .. exclusive
if exclusive ~= '' and redis.call('GET', running) == token then redis.call('DEL', running) end

local LONGEST_BLOCK = 86400000
local function block(breaker, wait)
  local ends = now + math.min(wait, LONGEST_BLOCK)
  if ends <= breaker.blocked then return end
  redis.call('HSET', breaker.hash, 'blocked', ends)
  if breaker.blocked <= now then
    local why = 'told to wait ' .. math.ceil(wait / 1000) .. ' s'
    emit('breaker', 'name', breaker.name, 'from', breaker.state, 'to', 'blocked', 'why', why, 'by', job)
  end
end

for i = 4, #ARGV, 4 do
  local breaker, verdict = breaker_named(ARGV[i]), ARGV[i + 2]
  if verdict == 'limited' then block(breaker, tonumber(ARGV[i + 3])) end
  if breaker.rules and tonumber(ARGV[i + 1]) == breaker.generation then hear(breaker, verdict, job, token) end
end
return 1
