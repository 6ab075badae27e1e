#!lua flags=no-writes
-- Reads what is known of jobs that are to be queued anew, or to be told the end of.
-- KEYS: queue, prefix
-- ARGV: ids (one argument each)
-- Returns: for each: {payload, or else result, or else '', 1 for a result, lane * 4 or -1 when it has none, unique key or '', its terms or ''}
-- Event: none
local answer = {}
for _, id in ipairs(ARGV) do
  local kept, key, terms, before = unpack(redis.call('HMGET', record_key(id), 'payload', 'unique', 'unique_terms', 'lane'))
  local payload = redis.call('GET', payload_key(id)) or kept
  local result = not payload and redis.call('GET', result_key(id))
  local score = redis.call('ZSCORE', came, id) or redis.call('ZSCORE', queue, id)
  local lane = score and lane_of(score) or tonumber(before or nil)
  answer[#answer + 1] = {payload or result or '', result and 1 or 0, lane and math.floor(lane * 4) or -1, key or '', terms or ''}
end
return answer
