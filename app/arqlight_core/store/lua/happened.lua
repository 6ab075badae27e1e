#!lua flags=no-writes
-- Reads the events of one kind since a moment, as far as they are kept, the oldest first: of many, a reader wants few.
-- KEYS: queue, prefix
-- ARGV: kind, since_ms
-- Returns: {id, fields} of each
-- Event: none
local found = {}
for _, event in ipairs(redis.call('XRANGE', prefix .. 'events', ARGV[2], '+')) do
  if event[2][2] == ARGV[1] then found[#found + 1] = event end  -- the kind is the first field of each
end
return found
