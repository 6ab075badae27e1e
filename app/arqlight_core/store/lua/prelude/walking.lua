-- Places in a sorted set: behind a member that may have left it, as the set itself orders members of one score.
-- The rank of the first member behind the place that a cursor names; at the beginning, of the first score from `lowest` on.
local function rank_behind(set, cursor, lowest)
  local score, id = string.match(cursor, '^(%S+) (.*)$')
  if not score then return redis.call('ZCOUNT', set, '-inf', lowest == '-inf' and '(-inf' or string.sub(lowest, 2)) end
  if tonumber(redis.call('ZSCORE', set, id) or nil) == tonumber(score) then return redis.call('ZRANK', set, id) + 1 end
  local low, high = redis.call('ZCOUNT', set, '-inf', '(' .. score), redis.call('ZCOUNT', set, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if before(id, redis.call('ZRANGE', set, middle, middle)[1]) then high = middle else low = middle + 1 end
  end
  return low
end

-- What a selection may ask of a job.
local function described(id, score)
  local body = ''
  for _, key in ipairs({payload_key(id), result_key(id)}) do
    local length = body == '' and redis.call('STRLEN', key) or 0
    if length > 0 and length <= LARGE then body = redis.call('GET', key) end
  end
  local fields = redis.call('HMGET', record_key(id), 'payload', 'error', 'fingerprint', 'by', 'reason')
  if body == '' and fields[1] and #fields[1] <= LARGE then body = fields[1] end
  return {id, score, body, fields[2] or '', fields[3] or '', fields[4] or '', fields[5] or ''}
end
