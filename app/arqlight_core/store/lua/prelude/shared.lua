-- Put before every script: names of keys, the clock, counters, events. One queue a call: KEYS[1] its zset, KEYS[2] our prefix.
local queue, prefix = KEYS[1], KEYS[2]
local active, scheduled, retrying, held = prefix .. 'active', prefix .. 'scheduled', prefix .. 'retrying', prefix .. 'held'
local came = prefix .. 'came'          -- running job -> its score before the claim
local maturing = prefix .. 'maturing'  -- job with a head start that is not due yet -> its score
local lapses = prefix .. 'lapses'      -- job -> how many workers went down with it in a row
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local RETRY_COUNTER_SECONDS = 88400  -- arq's own
local MINUTES_KEPT_SECONDS = 172800
local LARGE = 65536                  -- payloads and results above this are not sent to a list
local BULK_SECONDS = 604800           -- a bulk operation is remembered for a week

local function payload_key(id) return 'arq:job:' .. id end
local function lock_key(id) return 'arq:in-progress:' .. id end
local function retry_key(id) return 'arq:retry:' .. id end
local function result_key(id) return 'arq:result:' .. id end
local function record_key(id) return 'arqlight:job:' .. id end
local function attempts_key(id) return 'arqlight:attempts:' .. id end
local function log_key(id) return 'arqlight:log:' .. id end
local function warrant_key(name) return prefix .. 'warrant:' .. name end
local function flow_key(id) return prefix .. 'flow:' .. id end
local function ends_key(id) return prefix .. 'flow:' .. id .. ':ends' end

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

-- What stands for a job type in the fields of a minute: names are long and minutes many. 0 stands for all after the 250th.
local function type_mark(job_type)
  local known = redis.call('HGET', prefix .. 'types', job_type)
  if known then return '|' .. known end
  local number = redis.call('HLEN', prefix .. 'types') + 1
  if number > 250 then return '|0' end
  redis.call('HSET', prefix .. 'types', job_type, number)
  return '|' .. number
end

-- Counts what happened, for the queue and, when it is given, for the job type.
local function count(event, n, job_type)
  redis.call('HINCRBY', prefix .. 'totals', event, n)
  redis.call('HINCRBY', minute_key(now), event, n)
  if job_type and job_type ~= '' then redis.call('HINCRBY', minute_key(now), event .. type_mark(job_type), n) end
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

-- Adds durations to this minute's histogram: `family` is w (wait) or r (run), `mark` that of a job type for its own.
local function measure(family, durations, mark)
  local bins = {}
  for _, ms in ipairs(durations) do
    local b = bin(ms)
    bins[b] = (bins[b] or 0) + 1
  end
  for b, n in pairs(bins) do redis.call('HINCRBY', minute_key(now), family .. b .. (mark or ''), n) end
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

local function wake() redis.call('PUBLISH', prefix .. 'wake', '1') end

-- Wakes the workers that a fleet-wide concurrency turned away.
local function make_room()
  if redis.call('DEL', prefix .. 'full') == 1 then wake() end
end

local function end_lease(id, owner, what)
  redis.call('DEL', lock_key(id))
  redis.call('ZREM', active, id)
  redis.call('ZREM', came, id)
  redis.call('SET', settled_key(owner), what, 'PX', 60000)
  make_room()
end

-- Whether a comes before b, byte by byte: the comparison of Lua itself heeds the locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local one, other = string.byte(a, i), string.byte(b, i)
    if one ~= other then return one < other end
  end
  return #a < #b
end

-- A priority stands in the fraction of a score: 0 low, 0.25 medium, 0.5 high, 0.75 critical. Once a job is due, its score
-- is its due moment less the head start of its priority; arqlight_core.policy.priority has the same figures.
local HEAD_START = {[0] = 0, [0.25] = 600000, [0.5] = 3600000, [0.75] = 14400000}

local function lane_of(score) return tonumber(score) % 1 end

local function in_line(due, lane) return due - (HEAD_START[lane] or 0) + lane end

-- Since when a job in line with this score has been due.
local function due_since(score) return math.floor(score) + (HEAD_START[lane_of(score)] or 0) end

-- The score of a due job as it is in line: one that came due, and that no claim has moved since, stands at its due moment yet.
local function score_in_line(id, score)
  local unmoved = lane_of(score) > 0 and redis.call('ZSCORE', maturing, id)
  if not unmoved or tonumber(unmoved) ~= tonumber(score) then return score end
  return string.format('%.2f', in_line(math.floor(score), lane_of(score)))
end

-- Puts a job into the queue to come due at a moment, and into `index` while it is not.
local function place(id, moment, lane, index)
  if moment <= now then
    redis.call('ZADD', queue, in_line(moment, lane), id)
    return
  end
  redis.call('ZADD', queue, moment + lane, id)
  if index then redis.call('ZADD', index, moment, id) end
  if lane > 0 then redis.call('ZADD', maturing, moment + lane, id) end
end

-- The lane that a running job was claimed from.
local function lane_before(id) return lane_of(redis.call('ZSCORE', came, id) or 0) end

-- Until when lapsed leases are left to their owners: after a silence in which nobody could renew, the server or everybody
-- was away. Workers call this with each claim and renewal; leases of workers known to be dead (score 0) are not spared.
local function spared_until(lease)
  local pulse = prefix .. 'pulse'
  local heard, spared = unpack(redis.call('HMGET', pulse, 'heard', 'spared'))
  if heard and now - heard > math.max(1000, lease * 2 / 3) then spared = now + lease end
  redis.call('HSET', pulse, 'heard', now, 'spared', spared or 0)
  redis.call('PEXPIRE', pulse, 86400000)
  return tonumber(spared or 0)
end

-- Takes note, beside the end of a child, of what its parent has to be told; arqlight_core.flow.Parent says what a parent is.
local function report(parent, outcome)
  if parent ~= '' then redis.call('XADD', prefix .. 'reports', '*', 'parent', parent, 'outcome', outcome) end
end

-- Whom to tell that this child ends here, out of its payload: what was not written by us tells nobody.
local function parent_of(id)
  if not string.find(id, '/%x+%.%d+$') then return '' end
  local read, told = pcall(function()
    local parent = cmsgpack.unpack(redis.call('GET', payload_key(id))).x.parent
    return parent[1] .. '\n' .. parent[2] .. '\n' .. string.format('%.0f.%.0f', parent[3], parent[4]) .. (parent[5] and '!' or '')
  end)
  return read and told or ''
end
