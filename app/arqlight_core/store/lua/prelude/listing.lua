-- What a list shows of a job.
local function shown_body(id)
  for _, key in ipairs({payload_key(id), result_key(id)}) do
    local length = redis.call('STRLEN', key)
    if length > 0 and length <= LARGE then return redis.call('GET', key) end
  end
  if redis.call('HSTRLEN', record_key(id), 'payload') <= LARGE then return redis.call('HGET', record_key(id), 'payload') or '' end
  return ''
end

-- Of a job that lives, the attempts that failed and the one it is at; of one that has ended, those that it keeps.
local ENDED = {completed = true, dead = true, cancelled = true}
local function attempts(id, state)
  if ENDED[state] then return redis.call('LLEN', attempts_key(id)) end
  return (redis.call('GET', retry_key(id)) or 0) + (state == 'active' and 1 or 0)
end

local function listed(id, score, state)
  local fields = redis.call('HMGET', record_key(id), 'done', 'total', 'stage', 'error', 'reason', 'because', 'until', 'fingerprint')
  return {id, score, redis.call('GET', lock_key(id)) or '', attempts(id, state), shown_body(id), fields}
end
