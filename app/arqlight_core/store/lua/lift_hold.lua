#!lua flags=allow-oom
-- Lifts a standing hold: no job is held for it any more; those that are have to be released.
-- KEYS: queue, prefix
-- ARGV: rule, by, reason (by is empty when only the end of its time is meant)
-- Returns: 1, or 0 when there was none, or its time is not over
-- Event: lift_hold
local rule, by, reason = ARGV[1], ARGV[2], ARGV[3]
local holds = prefix .. 'holds'
local told = redis.call('HGET', holds, rule)
if not told then return 0 end
if by == '' then
  local till = cjson.decode(told).until_ms
  if till == 0 or till > now then return 0 end
  by, reason = 'its time limit', 'its time is over'
end
redis.call('HDEL', holds, rule)
emit('lift_hold', 'rule', rule, 'by', by, 'reason', reason)
return 1
