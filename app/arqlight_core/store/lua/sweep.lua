#!lua flags=allow-oom
-- Removes, from one chunk of an index, what belongs to nothing any more: jobs that are gone, purges whose trash has expired.
-- KEYS: queue, prefix
-- ARGV: index, offset, limit
-- Returns: {looked at, removed}; the next chunk begins at offset + looked at - removed
-- Event: none; counted as swept
local index, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local set = prefix .. index
local found = redis.call('ZRANGE', set, offset, offset + limit - 1)
if #found == 0 then return {0, 0} end

-- Every job that has not ended is in the queue, running ones included.
local gone = {}
if index == 'trash' then
  for _, operation in ipairs(found) do
    if redis.call('EXISTS', set .. ':' .. operation .. ':note') == 0 then gone[#gone + 1] = operation end
  end
else
  local scores = redis.call('ZMSCORE', queue, unpack(found))
  for i, id in ipairs(found) do
    if not scores[i] then gone[#gone + 1] = id end
  end
end
if #gone > 0 then
  redis.call('ZREM', set, unpack(gone))
  count('swept', #gone)
end
return {#found, #gone}
