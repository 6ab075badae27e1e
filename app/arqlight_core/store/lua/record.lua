#!lua flags=allow-oom
-- Appends an entry to the audit trail if nobody has since its writer looked; what is then beyond `keep` goes.
-- KEYS: shared, prefix
-- ARGV: expected, id, at_ms, body, hash, keep
-- Returns: {1 written or 0 another was first, now, last id given out, hash and moment (ms) of the last entry}
-- Event: none
local expected, id, at, body, hash, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local trail, ends = prefix .. 'audit', prefix .. 'audit:ends'
local MOST_TRIMMED = 100

local function hash_of(row)
  for i = 1, #row[2], 2 do
    if row[2][i] == 'hash' then return row[2][i + 1] end
  end
  return ''
end

-- What somebody else wrote by hand may have moved it ahead of our clock.
local function last_given_out()
  if redis.call('EXISTS', trail) == 0 then return '0-0' end
  local told = redis.call('XINFO', 'STREAM', trail)
  for i = 1, #told, 2 do
    if told[i] == 'last-generated-id' then return told[i + 1] end
  end
end

local function trim()
  local length = redis.call('XLEN', trail)
  if length <= keep then return end
  local gone = redis.call('XRANGE', trail, '-', '+', 'COUNT', math.min(length - keep, MOST_TRIMMED))
  redis.call('HSET', ends, 'anchor', hash_of(gone[#gone]))
  redis.call('XTRIM', trail, 'MAXLEN', '=', length - #gone)
end

local last, moment = unpack(redis.call('HMGET', ends, 'last', 'at'))
last = last or string.rep('0', 64)
if last ~= expected then
  local there = redis.call('XRANGE', trail, id, id)[1]  -- by this very call, whose answer was lost
  return {there and hash_of(there) == hash and 1 or 0, now, last_given_out(), last, tonumber(moment or 0)}
end
redis.call('XADD', trail, id, 'body', body, 'hash', hash)
redis.call('HSET', ends, 'last', hash, 'at', at)
trim()
return {1, now, id, hash, tonumber(at)}
