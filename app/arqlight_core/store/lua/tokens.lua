#!lua flags=no-writes
-- Reads tokens of the HTTP interface.
-- KEYS: shared, prefix
-- ARGV: names (one argument each, none for all)
-- Returns: {now, {name, told (JSON) ...}}
-- Event: none
local tokens = prefix .. 'tokens'
if #ARGV == 0 then return {now, redis.call('HGETALL', tokens)} end
local found = {}
for _, name in ipairs(ARGV) do
  local told = redis.call('HGET', tokens, name)
  if told then
    found[#found + 1] = name
    found[#found + 1] = told
  end
end
return {now, found}
