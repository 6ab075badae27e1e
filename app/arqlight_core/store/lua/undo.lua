#!lua flags=allow-oom
-- Puts one chunk of a purged selection back: state, score, payload and id.
-- KEYS: queue, prefix
-- ARGV: operation, limit, by
-- Returns: {restored, skipped because the id is in use again, left in the trash}
-- Event: undo, one for the chunk
-- Prelude: flow
local operation, limit, by = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local trash = prefix .. 'trash:' .. operation
local state, purged_at = unpack(redis.call('HMGET', trash .. ':note', 'state', 'at'))
local found = redis.call('ZRANGE', trash, 0, limit - 1, 'WITHSCORES')
redis.call('SET', trash .. ':undone', by, 'PX', 3600000)  -- a purge that is still under way moves nothing more
if #found == 0 or not state then return {0, 0, 0} end
local ended = state == 'dead' or state == 'cancelled'
local restored, skipped = 0, 0

local function lives_again(id)
  if redis.call('EXISTS', payload_key(id), result_key(id)) > 0 or redis.call('ZSCORE', queue, id) then return true end
  for _, set in ipairs({'completed', 'dead', 'cancelled'}) do
    local ended_at = redis.call('ZSCORE', prefix .. set, id)
    if ended_at and tonumber(ended_at) >= tonumber(purged_at) then return true end
  end
  return false
end

local function put_back(id, score)
  if lives_again(id) then return false end
  for _, key in ipairs(job_keys(id)) do
    if redis.call('EXISTS', trash .. ':' .. key) == 1 then
      redis.call('RENAME', trash .. ':' .. key, key)
      redis.call('PERSIST', key)
    end
  end
  local passing = trash .. ':passing:' .. result_key(id)
  if redis.call('EXISTS', passing) == 1 then redis.call('RENAME', passing, result_key(id)) end
  if not ended then redis.call('ZADD', queue, score, id) end
  if state ~= 'waiting' then redis.call('ZADD', prefix .. state, math.floor(score), id) end
  if not ended and state ~= 'waiting' and lane_of(score) > 0 then redis.call('ZADD', maturing, score, id) end
  go_on(id)  -- its children may have ended meanwhile
  return true
end

for i = 1, #found, 2 do
  redis.call('ZREM', trash, found[i])
  if put_back(found[i], tonumber(found[i + 1])) then restored = restored + 1 else skipped = skipped + 1 end
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
