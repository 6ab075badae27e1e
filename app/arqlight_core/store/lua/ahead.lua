#!lua flags=no-writes
-- Reads where a due job stands in line: since when it has been due, and how many go before it.
-- KEYS: queue, prefix
-- ARGV: job_id
-- Returns: {due since, jobs ahead}, both -1 for a job that is not due
-- Event: none
local MATURING_SEEN = 500  -- of those that came due since the last claim, which gives them their head start
local id = ARGV[1]
local score = redis.call('ZSCORE', queue, id)
if not score or tonumber(score) > now then return {-1, -1} end

local own = tonumber(score_in_line(id, score))
local is_moved = own == tonumber(score)
local ahead = is_moved and redis.call('ZRANK', queue, id) or redis.call('ZCOUNT', queue, '-inf', string.format('(%.17g', own))
local risen = redis.call('ZRANGEBYSCORE', maturing, string.format('%.17g', own), now, 'WITHSCORES', 'LIMIT', 0, MATURING_SEEN)
for i = 1, #risen, 2 do
  local place = in_line(math.floor(risen[i + 1]), lane_of(risen[i + 1]))
  if risen[i] ~= id and place < own then ahead = ahead + 1 end
end
return {due_since(own), ahead}
