#!lua flags=allow-oom
-- Ends a silence: of what stands then people are told, if they were not before.
-- KEYS: shared, prefix
-- ARGV: silence, by, reason (by is empty when only the end of its time is meant)
-- Returns: 1, or 0 when there was none, or its time is not over
-- Event: lift_silence
local id, by, reason = ARGV[1], ARGV[2], ARGV[3]
local silences = prefix .. 'silences'
local told = redis.call('HGET', silences, id)
if not told then return 0 end
if by == '' then
  if cjson.decode(told).until_ms > now then return 0 end
  by, reason = 'its time limit', 'its time is over'
end
redis.call('HDEL', silences, id)
emit('lift_silence', 'silence', id, 'by', by, 'reason', reason)
return 1
