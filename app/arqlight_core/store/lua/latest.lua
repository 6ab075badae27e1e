#!lua flags=no-writes
-- Names the jobs of an ended state in front of a place, those that ended last first: whatever ends or goes meanwhile, none is passed over or told twice.
-- KEYS: queue, prefix
-- ARGV: state, highest (the latest end that is wanted, as ZCOUNT takes a bound), behind (the job of just that end that was told last; empty: none), limit
-- Returns: {now, how many jobs of the state there are, then id, moment (ms) of each ...}
-- Event: none
-- Prelude: walking
local set, highest, behind, limit = prefix .. ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
-- How many stand before the place, the oldest first.
local function older()
  if behind == '' then return redis.call('ZCOUNT', set, '-inf', highest) end
  if tonumber(redis.call('ZSCORE', set, behind) or nil) == tonumber(highest) then return redis.call('ZRANK', set, behind) end
  return rank_behind(set, highest .. ' ' .. behind)
end
local answer, last = {now, redis.call('ZCARD', set)}, older() - 1
if last < 0 then return answer end
local found = redis.call('ZRANGE', set, math.max(0, last - limit + 1), last, 'WITHSCORES')
for i = #found - 1, 1, -2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = found[i + 1]
end
return answer
