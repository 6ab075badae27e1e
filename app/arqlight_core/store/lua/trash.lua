#!lua flags=no-writes
-- Reads what a queue's trash holds, the newest operation first.
-- KEYS: queue, prefix
-- ARGV: offset, limit
-- Returns: {now, how many operations there are, {operation, jobs left, until when (ms), field, value ...} ...}
-- Event: none
local offset, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = {now, redis.call('ZCARD', prefix .. 'trash')}
for _, operation in ipairs(redis.call('ZREVRANGE', prefix .. 'trash', offset, offset + limit - 1)) do
  local trash = prefix .. 'trash:' .. operation
  local jobs = redis.call('ZCARD', trash)
  if jobs > 0 then
    answer[#answer + 1] = {operation, jobs, now + redis.call('PTTL', trash), unpack(redis.call('HGETALL', trash .. ':note'))}
  end
end
return answer
