#!lua flags=no-writes
-- Reads where some jobs are, at most five hundred of them.
-- KEYS: queue, prefix
-- ARGV: ids (one argument each)
-- Returns: {now, then for each its scores in {queue, active, scheduled, retrying, held, completed, dead, cancelled}, '' where it is not}
-- Event: none
local answer = {now}
for place = 1, #ARGV do answer[place + 1] = {} end
for _, set in ipairs({queue, active, scheduled, retrying, held, prefix .. 'completed', prefix .. 'dead', prefix .. 'cancelled'}) do
  for place, score in ipairs(redis.call('ZMSCORE', set, unpack(ARGV))) do
    table.insert(answer[place + 1], score or '')
  end
end
return answer
