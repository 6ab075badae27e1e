#!lua flags=no-writes
-- Reads groups of failures, those seen last first.
-- KEYS: queue, prefix
-- ARGV: fingerprint (of the only group that is wanted; empty: of any), offset, limit
-- Returns: {now, how many groups are kept, then {fingerprint, fields} ...}
-- Event: none
-- Prelude: failures
local fingerprint, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted = fingerprint ~= '' and {fingerprint} or redis.call('ZREVRANGE', groups, offset, offset + limit - 1)
local answer = {now, redis.call('ZCARD', groups)}
for _, one in ipairs(wanted) do
  local fields = redis.call('HGETALL', group_key(one))
  if #fields > 0 then answer[#answer + 1] = {one, fields} end
end
return answer
