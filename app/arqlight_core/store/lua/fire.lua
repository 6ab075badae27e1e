#!lua
-- Queues the jobs of a schedule's ticks and notes the newest tick that is settled, for whoever knows the one before it.
-- KEYS: queue, prefix
-- ARGV: schedule, timetable, last_ms (0 = none), tick_ms, next_ms, missed, replaced (a timetable to forget, or ''), template, lane, jobs (id, payload, delay_ms, lane, unique, unique_ms, mode for each)
-- Returns: how many jobs were queued, -1 = another worker was first (or this very call, and its answer was lost), -2 = by the server's clock the tick is still to come
-- Event: missed
-- Prelude: queueing
local KEPT = 400 * 86400000     -- ms without any worker that looks after it; longer than a yearly schedule waits
local REPLACED = 600000         -- ms after which a timetable that no worker has any more is forgotten
local JOBS = 10                 -- where the jobs begin
local key, timetable = prefix .. 'schedule:' .. ARGV[1], ARGV[2]
local tick, missed, queued = tonumber(ARGV[4]), tonumber(ARGV[6]), 0

-- During a rolling deploy two timetables tick side by side; where both do, the id of the job is the same.
local function forget_replaced()
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local other = string.match(field, '^seen (.+)$')
    if other and now - redis.call('HGET', key, field) > REPLACED then redis.call('HDEL', key, field, 'last ' .. other) end
  end
end

if ARGV[7] ~= '' then redis.call('HDEL', key, 'seen ' .. ARGV[7], 'last ' .. ARGV[7]) end
if (redis.call('HGET', key, 'last ' .. timetable) or '0') ~= ARGV[3] then return -1 end
if tick > now and ARGV[4] ~= ARGV[3] then return -2 end
redis.call('HSET', key, 'last ' .. timetable, tick, 'seen ' .. timetable, now, 'timetable', timetable, 'next', ARGV[5], 'template', ARGV[8], 'lane', ARGV[9])
forget_replaced()
if redis.call('HEXISTS', key, 'by') == 1 then
  missed = missed + (#ARGV - JOBS + 1) / 7
else
  for i = JOBS, #ARGV, 7 do
    if bring_in(unpack(ARGV, i, i + 6)) == 1 then
      queued = queued + 1
      redis.call('HSET', key, 'job', ARGV[i], 'run', now)
    end
  end
  announce()
  if missed > 0 then emit('missed', 'schedule', ARGV[1], 'ticks', missed) end
end
redis.call('HINCRBY', key, 'runs', queued)
redis.call('HINCRBY', key, 'missed', missed)
redis.call('PEXPIRE', key, KEPT)
return queued
