#!lua flags=no-writes
-- Reads a page of the audit trail, older or newer than an entry, and the hashes between which all of it stands.
-- KEYS: shared, prefix
-- ARGV: edge (an id, itself left out; '' = the trail's end), limit, direction (older or newer)
-- Returns: {now, hash before the first entry, hash of the last, {id, fields} of each}
-- Event: none
local edge, limit, direction = ARGV[1], ARGV[2], ARGV[3]
local trail, ends = prefix .. 'audit', prefix .. 'audit:ends'
local from = edge ~= '' and '(' .. edge or direction == 'older' and '+' or '-'
local page
if direction == 'older' then
  page = redis.call('XREVRANGE', trail, from, '-', 'COUNT', limit)
else
  page = redis.call('XRANGE', trail, from, '+', 'COUNT', limit)
end
local anchor, last = unpack(redis.call('HMGET', ends, 'anchor', 'last'))
return {now, anchor or string.rep('0', 64), last or string.rep('0', 64), unpack(page)}
