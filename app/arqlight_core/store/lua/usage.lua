#!lua flags=no-writes
-- Reads how much of a limit one of its keys has used: what its log holds within each span, or how far ahead its pace is.
-- KEYS: shared, prefix
-- ARGV: name, key, exact (1 for a log), spans (ms, one argument each)
-- Returns: {now in us, then for each span how many jobs its log holds, or when its pace expects the next one (us)}
-- Event: none
local name, key, exact = ARGV[1], ARGV[2], ARGV[3] == '1'
local micros = time[1] * 1000000 + time[2]
local answer = {micros}
for i = 4, #ARGV do
  if exact then
    local opened = string.format('(%.0f', micros - ARGV[i] * 1000)
    answer[#answer + 1] = redis.call('ZCOUNT', prefix .. 'log:' .. name .. '|' .. key, opened, '+inf')
  else
    answer[#answer + 1] = tonumber(redis.call('HGET', prefix .. 'pace:' .. name .. '|' .. key, ARGV[i]) or 0)
  end
end
return answer
