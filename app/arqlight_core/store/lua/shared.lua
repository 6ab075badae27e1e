-- Put before every script: names of keys, the clock, counters, events. One queue a call: KEYS[1] its zset, KEYS[2] our prefix.
local queue, prefix = KEYS[1], KEYS[2]
local active, scheduled, retrying = prefix .. 'active', prefix .. 'scheduled', prefix .. 'retrying'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local RETRY_COUNTER_SECONDS = 88400  -- arq's own
local MINUTES_KEPT_SECONDS = 7200
local LARGE = 65536                  -- payloads and results above this are not sent to a list

local function payload_key(id) return 'arq:job:' .. id end
local function lock_key(id) return 'arq:in-progress:' .. id end
local function retry_key(id) return 'arq:retry:' .. id end
local function result_key(id) return 'arq:result:' .. id end
local function record_key(id) return 'arqlight:job:' .. id end
local function attempts_key(id) return 'arqlight:attempts:' .. id end
local function log_key(id) return 'arqlight:log:' .. id end

-- Everything that is kept of one job beside its places in the sorted sets; its lock is its owner's.
local function job_keys(id)
  return {payload_key(id), retry_key(id), result_key(id), record_key(id), attempts_key(id), log_key(id)}
end

-- Whether a stock worker runs this job: the value of its lock says nothing, ours names worker, fence and claim time.
local function held_by_stock(id)
  local holder = redis.call('GET', lock_key(id))
  return holder and not string.find(holder, ':', 1, true)
end

local function minute_key(moment) return prefix .. 'minute:' .. math.floor(moment / 60000) end

local function count(event, n)
  redis.call('HINCRBY', prefix .. 'totals', event, n)
  redis.call('HINCRBY', minute_key(now), event, n)
  redis.call('EXPIRE', minute_key(now), MINUTES_KEPT_SECONDS)
end

-- Upper bounds of the latency histogram in ms; arqlight_core.observe has the same list.
local BOUNDS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000}

local function bin(ms)
  for i = 1, #BOUNDS do
    if ms <= BOUNDS[i] then return i end
  end
  return #BOUNDS + 1
end

-- Adds durations to this minute's histogram; `kind` is w (wait) or r (run).
local function measure(kind, durations)
  local bins = {}
  for _, ms in ipairs(durations) do
    local b = bin(ms)
    bins[b] = (bins[b] or 0) + 1
  end
  for b, n in pairs(bins) do redis.call('HINCRBY', minute_key(now), kind .. b, n) end
  if #durations > 0 then redis.call('EXPIRE', minute_key(now), MINUTES_KEPT_SECONDS) end
end

local function emit(kind, ...)
  redis.call('XADD', prefix .. 'events', 'MAXLEN', '~', 1000, '*', 'kind', kind, 'at', now, ...)
end

local function settled_key(owner) return prefix .. 'settled:' .. owner end

-- nil while the caller's lease stands. Else what to answer: 1 when this very call has settled the job before and its
-- answer was lost, 0 when the lease is: then nothing may be written, and the refusal is counted and told.
local function refusal(id, owner, what)
  if redis.call('GET', lock_key(id)) == owner then return nil end
  if redis.call('GET', settled_key(owner)) == what then return 1 end
  count('refused', 1)
  emit('refused', 'job', id, 'what', what)
  return 0
end

local function end_lease(id, owner, what)
  redis.call('DEL', lock_key(id))
  redis.call('ZREM', active, id)
  redis.call('SET', settled_key(owner), what, 'PX', 60000)
end

local function wake() redis.call('PUBLISH', prefix .. 'wake', '1') end

local function keep_failure(id, failure, error)
  if failure == '' then return end
  redis.call('RPUSH', attempts_key(id), failure)
  redis.call('LTRIM', attempts_key(id), -50, -1)
  redis.call('HSET', record_key(id), 'error', error)
end
