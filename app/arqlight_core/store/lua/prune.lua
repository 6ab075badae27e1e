#!lua flags=allow-oom
-- Forgets one chunk of ended jobs that are beyond what a queue keeps.
-- KEYS: queue, prefix
-- ARGV: state, keep_count, keep_age_ms, limit, results (1: they go with their jobs; 0: they expire by themselves)
-- Returns: how many jobs were forgotten
-- Event: none; counted as pruned
local state, keep_count, keep_age, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local set, results = prefix .. state, ARGV[5] == '1'
local surplus = redis.call('ZCARD', set) - keep_count
local oldest = redis.call('ZRANGE', set, 0, limit - 1, 'WITHSCORES')
local forgotten, keys = {}, {}
for i = 1, #oldest, 2 do
  local id, ended = oldest[i], tonumber(oldest[i + 1])
  if #forgotten < surplus or ended <= now - keep_age then
    forgotten[#forgotten + 1] = id
    if redis.call('EXISTS', payload_key(id)) == 0 then  -- else the id lives again, and its record is in use
      for _, key in ipairs({record_key(id), attempts_key(id), log_key(id), results and result_key(id) or nil}) do keys[#keys + 1] = key end
    end
  end
end
if #forgotten > 0 then
  redis.call('ZREM', set, unpack(forgotten))
  if #keys > 0 then redis.call('UNLINK', unpack(keys)) end
  count('pruned', #forgotten)
end
return #forgotten
