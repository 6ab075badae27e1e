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

-- What the oldest attempt that a job keeps failed of; '' when it keeps none, or none that can be read.
local LONGEST_ERROR = 500
local function first_error(id)
  local kept = redis.call('LINDEX', attempts_key(id), 0)
  local read, told = pcall(function()
    local failure = cmsgpack.unpack(kept)
    return string.sub(failure.message == '' and failure.error or failure.error .. ': ' .. failure.message, 1, LONGEST_ERROR)
  end)
  return kept and read and told or ''
end

local SHOWN = {'done', 'total', 'stage', 'error', 'reason', 'because', 'until', 'fingerprint', 'replays', 'tenant'}
local function listed(id, score, state)
  local fields = redis.call('HMGET', record_key(id), unpack(SHOWN))
  fields[#SHOWN + 1] = state == 'dead' and first_error(id) or ''
  return {id, score, redis.call('GET', lock_key(id)) or '', attempts(id, state), shown_body(id), fields}
end
