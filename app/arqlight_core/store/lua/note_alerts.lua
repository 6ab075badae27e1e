#!lua flags=allow-oom
-- Takes note of how alerts stand; only the worker that leads may. What was raised or cleared by it is told once.
-- KEYS: shared, prefix
-- ARGV: duty, worker, changes (alert, record for each; a record is JSON, or '' when the alert is to be forgotten)
-- Returns: 1, or 0 when another worker leads: then nothing is noted
-- Event: alert
local alerts, acknowledged = prefix .. 'alerts', prefix .. 'acknowledged'
if redis.call('GET', prefix .. 'leader:' .. ARGV[1]) ~= ARGV[2] then return 0 end
local function decoded(record) return record and record ~= '' and cjson.decode(record) or {} end
local function tell(what, told)
  emit('alert', 'what', what, 'rule', told.rule, 'queue', told.queue, 'name', told.name, 'text', told.text, 'episode', told.id)
end
for i = 3, #ARGV, 2 do
  local alert, record = ARGV[i], ARGV[i + 1]
  local was, is = decoded(redis.call('HGET', alerts, alert)), decoded(record)
  if was.phase == 'firing' and is.phase ~= 'firing' then
    tell('cleared', was)
    redis.call('HDEL', acknowledged, alert)
  end
  if is.phase == 'firing' and was.phase ~= 'firing' then tell('raised', is) end
  if record == '' then redis.call('HDEL', alerts, alert) else redis.call('HSET', alerts, alert, record) end
end
return 1
