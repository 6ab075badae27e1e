-- Puts one chunk of a purged selection back: state, score, payload and id.
-- KEYS: queue, prefix
-- ARGV: operation, limit, by
-- Returns: {restored, skipped because the id is in use again, left in the trash}
-- Event: undo, one for the chunk
local operation, limit, by = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local trash = prefix .. 'trash:' .. operation
local state = redis.call('HGET', trash .. ':note', 'state')
local found = redis.call('ZRANGE', trash, 0, limit - 1, 'WITHSCORES')
if #found == 0 or not state then return {0, 0, 0} end
local ended = state == 'dead' or state == 'cancelled'
local restored, skipped = 0, 0

local function put_back(id, score)
  if redis.call('EXISTS', payload_key(id)) == 1 then return false end
  if ended then
    redis.call('ZADD', prefix .. state, score, id)
  else
    if redis.call('EXISTS', trash_key(id)) == 1 then
      redis.call('RENAME', trash_key(id), payload_key(id))
      redis.call('PERSIST', payload_key(id))
    end
    redis.call('ZADD', queue, score, id)
    if state ~= 'waiting' then redis.call('ZADD', prefix .. state, score, id) end
  end
  redis.call('PERSIST', record_key(id))
  redis.call('PERSIST', attempts_key(id))
  redis.call('PERSIST', log_key(id))
  return true
end

for i = 1, #found, 2 do
  redis.call('ZREM', trash, found[i])
  if put_back(found[i], found[i + 1]) then restored = restored + 1 else skipped = skipped + 1 end
end
local left = redis.call('ZCARD', trash)
if left == 0 then
  redis.call('DEL', trash .. ':note')
  redis.call('ZREM', prefix .. 'trash', operation)
end
count('restored', restored)
emit('undo', 'by', by, 'state', state, 'jobs', restored, 'operation', operation)
wake()
return {restored, skipped, left}
