#!lua flags=allow-oom
-- Takes note of who has alerts in hand, for as long as they fire.
-- KEYS: shared, prefix
-- ARGV: by, reason, alerts (one argument each)
-- Returns: how many of them fire, and were in nobody's hands
-- Event: acknowledge
local by, reason, changed = ARGV[1], ARGV[2], 0
for i = 3, #ARGV do
  local record = redis.call('HGET', prefix .. 'alerts', ARGV[i])
  local alert = record and cjson.decode(record)
  if alert and alert.phase == 'firing' and redis.call('HEXISTS', prefix .. 'acknowledged', ARGV[i]) == 0 then
    redis.call('HSET', prefix .. 'acknowledged', ARGV[i], cjson.encode({by = by, reason = reason, at_ms = now}))
    emit('acknowledge', 'rule', alert.rule, 'queue', alert.queue, 'episode', alert.id, 'by', by, 'reason', reason)
    changed = changed + 1
  end
end
return changed
