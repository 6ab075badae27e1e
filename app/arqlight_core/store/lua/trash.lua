#!lua flags=no-writes
-- Reads what a queue's trash holds, the newest operation first.
-- KEYS: queue, prefix
-- ARGV: limit
-- Returns: {now, {operation, jobs left, until when (ms), field, value ...} ...}
-- Event: none
local limit = tonumber(ARGV[1])
local answer = {now}
for _, operation in ipairs(redis.call('ZREVRANGE', prefix .. 'trash', 0, limit - 1)) do
  local trash = prefix .. 'trash:' .. operation
  local jobs = redis.call('ZCARD', trash)
  if jobs > 0 then
    answer[#answer + 1] = {operation, jobs, now + redis.call('PTTL', trash), unpack(redis.call('HGETALL', trash .. ':note'))}
  end
end
return answer
