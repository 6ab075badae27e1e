#!lua flags=allow-oom
-- Leases up to `limit` due jobs to a worker: the score becomes the visibility timeout, the in-progress value the fence.
-- KEYS: queue, prefix
-- ARGV: limit, lease_ms, lock_ms, worker, seq
-- Returns: {now, ms until the next job is due or -1, 1 if paused, then {id, owner, fence, attempt, due, lapses, payload} ...}
-- Event: lapse, for a job whose last worker stopped renewing
-- A call repeated with the same seq gets the same jobs again: its answer may have been lost on the way.
local limit, lease, keep, worker, seq = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local memory = prefix .. 'claim:' .. worker

local function next_due()
  local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
  if not head[2] then return -1 end
  return math.max(0, math.ceil(tonumber(head[2]) - now))
end

local function reply(jobs, paused)
  local answer = {now, next_due(), paused}
  for _, job in ipairs(jobs) do
    if redis.call('GET', lock_key(job[1])) == job[2] then
      answer[#answer + 1] = {job[1], job[2], job[3], job[4], job[5], job[6], redis.call('GET', payload_key(job[1])) or ''}
    end
  end
  return answer
end

local remembered = redis.call('GET', memory)
if remembered then
  local last = cjson.decode(remembered)
  if last.seq == seq then return reply(last.jobs, 0) end
end
if redis.call('EXISTS', prefix .. 'paused') == 1 then return {now, -1, 1} end

local due = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
if #due == 0 then return {now, next_due(), 0} end
local ids, scores = {}, {}
for i = 1, #due, 2 do
  ids[#ids + 1] = due[i]
  scores[#scores + 1] = tonumber(due[i + 1])
end
local leased_until = redis.call('ZMSCORE', active, unpack(ids))
local fence = redis.call('INCRBY', prefix .. 'fence', #ids) - #ids

-- Takes one job's lock and says how often its workers have lapsed, or nil when it is not to be had.
local function lock(id, owner, lease_end)
  if lease_end and not held_by_stock(id) then
    redis.call('SET', lock_key(id), owner, 'PX', keep)
    emit('lapse', 'job', id, 'by', worker)
    count('lapsed', 1)
    return redis.call('HINCRBY', record_key(id), 'lapses', 1)
  end
  return redis.call('SET', lock_key(id), owner, 'NX', 'PX', keep) and 0 or nil
end

local function is_ghost(id)
  return redis.call('EXISTS', payload_key(id)) == 0 and redis.call('EXISTS', result_key(id)) == 1
end

local jobs, visible, taken, waits = {}, {}, {}, {}
local function look_again_at(moment, id)
  visible[#visible + 1] = moment
  visible[#visible + 1] = id
end
for i, id in ipairs(ids) do
  local lease_end = leased_until[i] and tonumber(leased_until[i])
  local owner = worker .. ':' .. (fence + i) .. ':' .. now
  local lapses
  if lease_end and lease_end > now then
    look_again_at(lease_end, id)  -- a stock abort() pulled the score of a running job to the front
  else
    lapses = lock(id, owner, lease_end)
    look_again_at(now + lease, id)  -- also when a stock worker holds it: its job must not block the head
  end
  if lapses and is_ghost(id) then
    redis.call('DEL', retry_key(id), lock_key(id))
    for _, set in ipairs({queue, active, scheduled, retrying}) do redis.call('ZREM', set, id) end
  elseif lapses then
    local attempt = tonumber(redis.call('GET', retry_key(id)) or 0)
    if lapses == 0 or attempt == 0 then attempt = attempt + 1 end  -- a crash is counted by lapses, not as a try
    redis.call('SET', retry_key(id), attempt, 'EX', RETRY_COUNTER_SECONDS)
    jobs[#jobs + 1] = {id, owner, fence + i, attempt, scores[i], lapses}
    taken[#taken + 1] = id
    waits[#waits + 1] = now - scores[i]
  end
end
redis.call('ZADD', queue, 'XX', unpack(visible))
if #jobs > 0 then
  local leases = {}
  for _, id in ipairs(taken) do
    leases[#leases + 1] = now + lease
    leases[#leases + 1] = id
  end
  redis.call('ZADD', active, unpack(leases))
  redis.call('ZREM', scheduled, unpack(taken))
  redis.call('ZREM', retrying, unpack(taken))
  measure('w', waits)
  redis.call('SET', memory, cjson.encode({seq = seq, jobs = jobs}), 'PX', lease)
end
return reply(jobs, 0)
