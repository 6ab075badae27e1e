#!lua flags=allow-oom
-- Destroys one chunk of what an operation has moved to the trash, and the operation's name with the last of it.
-- KEYS: queue, prefix
-- ARGV: operation, limit, by, reason
-- Returns: {how many jobs were destroyed, how many are left}
-- Event: empty_trash, with the last of it
local operation, limit, by, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local trash = prefix .. 'trash:' .. operation
local ids, keys = redis.call('ZRANGE', trash, 0, limit - 1), {}
for _, id in ipairs(ids) do
  for _, key in ipairs(job_keys(id)) do keys[#keys + 1] = trash .. ':' .. key end
  keys[#keys + 1] = trash .. ':passing:' .. result_key(id)
end
if #ids > 0 then
  redis.call('UNLINK', unpack(keys))
  redis.call('ZREM', trash, unpack(ids))
  count('destroyed', #ids)
end
local left = redis.call('ZCARD', trash)
if left == 0 and redis.call('ZREM', prefix .. 'trash', operation) == 1 then
  local jobs = redis.call('HGET', trash .. ':note', 'jobs') or #ids
  redis.call('UNLINK', trash .. ':note', trash .. ':states')
  emit('empty_trash', 'operation', operation, 'jobs', jobs, 'by', by, 'reason', reason)
end
return {#ids, left}
