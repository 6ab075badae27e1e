#!lua flags=allow-oom
-- Revokes a token of the HTTP interface.
-- KEYS: shared, prefix
-- ARGV: name, by
-- Returns: 1, or 0 when there is none of that name
-- Event: token
local name, by = ARGV[1], ARGV[2]
if redis.call('HDEL', prefix .. 'tokens', name) == 0 then return 0 end
emit('token', 'name', name, 'what', 'revoked', 'by', by)
return 1
