#!lua flags=no-writes
-- Reads bulk operations: one by its name, those that are open, or the newest.
-- KEYS: queue, prefix
-- ARGV: wanted (a name, open or newest), limit
-- Returns: {now, {name, field, value, ...} ...}
-- Event: none
local wanted, limit = ARGV[1], tonumber(ARGV[2])
local names = {wanted}
if wanted == 'open' then names = redis.call('SMEMBERS', prefix .. 'bulks:open') end
if wanted == 'newest' then names = redis.call('ZREVRANGE', prefix .. 'bulks', 0, limit - 1) end
local answer = {now}
for _, name in ipairs(names) do
  local record = #answer <= limit and redis.call('HGETALL', prefix .. 'bulk:' .. name) or {}
  if #record > 0 then answer[#answer + 1] = {name, unpack(record)} end
end
return answer
