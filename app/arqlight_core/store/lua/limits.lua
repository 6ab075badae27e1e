#!lua flags=no-writes
-- Reads what limits have turned away, and whom each keeps waiting.
-- KEYS: shared, prefix
-- ARGV: most, names (one argument each)
-- Returns: {now, then {denials, limited keys, then key and free moment of those that wait longest} ...}
-- Event: none
local most = tonumber(ARGV[1])
local answer = {now}
for i = 2, #ARGV do
  local limited = prefix .. 'limited:' .. ARGV[i]
  local waiting = redis.call('ZCOUNT', limited, '(' .. now, '+inf')
  local longest = redis.call('ZREVRANGEBYSCORE', limited, '+inf', '(' .. now, 'WITHSCORES', 'LIMIT', 0, most)
  answer[#answer + 1] = {tonumber(redis.call('HGET', prefix .. 'denials', ARGV[i]) or 0), waiting, longest}
end
return answer
