-- Put before scripts that bring an earlier job back: it may have held a unique key, and another may have it now.
local function rival(id, record)
  local key = redis.call('HGET', record, 'unique')
  local holder = key and redis.call('GET', prefix .. 'unique:' .. key)
  return holder and holder ~= id and redis.call('EXISTS', payload_key(holder)) == 1
end

-- The key may have been another's meanwhile; it is this job's again for what is left of its time.
local function hold_again(id)
  local key, terms = unpack(redis.call('HMGET', record_key(id), 'unique', 'unique_terms'))
  local till = terms and tonumber(string.match(terms, '^%d+'))
  if key and till and till > now then redis.call('SET', prefix .. 'unique:' .. key, id, 'PXAT', till) end
end
