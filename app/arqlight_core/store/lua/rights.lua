#!lua flags=no-writes
-- Reads which commands the login that asks may run, as the server itself judges it: none of them is run.
-- KEYS: shared, prefix
-- ARGV: commands (one argument each, words between blanks)
-- Returns: a list, 1 = may be run, 0 = may not
-- Event: none
local answer = {}
for _, command in ipairs(ARGV) do
  local words = {}
  for word in string.gmatch(command, '%S+') do words[#words + 1] = word end
  answer[#answer + 1] = redis.acl_check_cmd(unpack(words)) and 1 or 0
end
return answer
