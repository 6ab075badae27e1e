#!lua flags=allow-oom
-- Keeps a token of the HTTP interface under its name, in the place of one whose time is over.
-- KEYS: shared, prefix
-- ARGV: name, role, digest, by, lasting_ms (0 = for good)
-- Returns: 1, or 0 when the name is that of another token, or there are a thousand
-- Event: token
local name, role, digest, by, lasting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local tokens = prefix .. 'tokens'
local known = redis.call('HGET', tokens, name)
if known then
  local told = cjson.decode(known)
  if told.digest == digest then return 1 end
  if told.until_ms == 0 or told.until_ms > now then return 0 end
elseif redis.call('HLEN', tokens) >= 1000 then
  return 0
end
local ends = lasting > 0 and now + lasting or 0
redis.call('HSET', tokens, name, cjson.encode({role = role, digest = digest, by = by, at_ms = now, until_ms = ends}))
emit('token', 'name', name, 'what', 'made', 'role', role, 'by', by)
return 1
