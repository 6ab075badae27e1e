#!lua
-- Queues a job of a schedule out of turn; its ticks stay as they are.
-- KEYS: queue, prefix
-- ARGV: schedule, by, reason, job_id, payload, lane
-- Returns: 1 = queued, 2 = queued already by this very call (an answer was lost), or the id when it is taken
-- Event: run_schedule
-- Prelude: queueing
local schedule, by, reason, id = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local answer = bring_in(id, ARGV[5], 0, ARGV[6], '', 0, '')
announce()
if answer == 1 then
  local key = prefix .. 'schedule:' .. schedule
  redis.call('HSET', key, 'job', id, 'run', now)
  redis.call('HINCRBY', key, 'runs', 1)
  emit('run_schedule', 'schedule', schedule, 'job', id, 'by', by, 'reason', reason)
end
return answer
