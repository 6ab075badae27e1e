#!lua flags=allow-oom
-- Leases up to `limit` due jobs to a worker: the score becomes the visibility timeout, the in-progress value the fence.
-- KEYS: queue, prefix
-- ARGV: limit, lease_ms, lock_ms, worker, seq, fleet_concurrency, poison_after, suspects, sole, breaker (rules of the queue's own as JSON; empty: none)
-- Returns: {now, ms until the next job is due or -1, why nothing more is to be had or '', then {id, owner, fence, attempt, due since, lane * 4, lapses, suspicion, was held, payload} ...}
-- Event: lapse, for a job whose last worker stopped renewing; breaker, when its time has come
-- Prelude: breaker
-- A call repeated with the same seq gets the same jobs again: its answer may have been lost on the way.
local limit, lease, keep, worker, seq = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local fleet_concurrency, poison_after, suspects_left, sole = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local memory = prefix .. 'claim:' .. worker
-- How long a job that a stock worker holds is out of the way: it must not block the head of the line, and a Retry of that
-- worker adds its delay to the score that stands here.
local STOCK_HOLDS_MS = 500

local function next_due()
  local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
  if not head[2] then return -1 end
  return math.max(0, math.ceil(tonumber(head[2]) - now))
end

local function reply(jobs, why, payloads)
  local answer = {now, next_due(), why}
  for i, job in ipairs(jobs) do
    job[10] = payloads[i]
    answer[#answer + 1] = job
  end
  return answer
end

local remembered = redis.call('GET', memory)
if remembered then
  local last = cmsgpack.unpack(remembered)
  if last.seq == seq then
    local mine, payloads = {}, {}
    for _, job in ipairs(last.jobs) do
      if redis.call('GET', lock_key(job[1])) == job[2] then
        mine[#mine + 1] = job
        payloads[#mine] = redis.call('GET', payload_key(job[1])) or ''
      end
    end
    return reply(mine, '', payloads)
  end
end
local spared = spared_until(lease)
-- While a resumed queue ramps up, how many may run in the fleet: twice as many after each tenth of the ramp.
local function ramp_room()
  local told = redis.call('GET', prefix .. 'ramp')
  if not told then return nil end
  local began, span = string.match(told, '(%d+) (%d+)')
  return math.floor(2 ^ (10 * math.max(0, now - began) / span)), span / 10
end

local next_room = -1  -- ms until a ramp lets in more
if redis.call('EXISTS', prefix .. 'paused', prefix .. 'ramp') > 0 then
  if redis.call('EXISTS', prefix .. 'paused') == 1 then return {now, -1, 'paused'} end
  local room, doubles = ramp_room()
  if room and (fleet_concurrency == 0 or room < fleet_concurrency) then
    fleet_concurrency, next_room = room, math.ceil(doubles / (room + 1))
  end
end
if fleet_concurrency > 0 then
  local ended = spared > now and 0 or now  -- a lease that is left to its owner takes up room
  limit = math.min(limit, fleet_concurrency - redis.call('ZCOUNT', active, '(' .. ended, '+inf'))
  if limit <= 0 then
    redis.call('SET', prefix .. 'full', '1', 'PX', lease)  -- whoever ends a job wakes those who found no room
    return {now, next_room, next_room < 0 and 'full' or 'ramp'}
  end
end

-- Jobs with a head start that have come due take their place in line.
local matured = redis.call('ZRANGEBYSCORE', maturing, '-inf', now, 'WITHSCORES', 'LIMIT', 0, math.max(100, limit))
for i = 1, #matured, 2 do
  local score = tonumber(matured[i + 1])
  redis.call('ZADD', queue, 'XX', in_line(math.floor(score), lane_of(score)), matured[i])
  redis.call('ZREM', maturing, matured[i])
end

-- Candidates: first those whose lease has lapsed, wherever they stand in line; then the line.
local ids, scores, known = {}, {}, {}
local function consider(found, in_queue)
  for i = 1, #found, 2 do
    if not known[found[i]] then
      known[found[i]] = true
      ids[#ids + 1] = found[i]
      scores[#scores + 1] = tonumber(found[i + 1])
      if in_queue and not redis.call('ZSCORE', queue, found[i]) then  -- a stock worker has ended it
        redis.call('ZREM', active, found[i])
        ids[#ids], scores[#scores] = nil, nil
      end
    end
  end
end
consider(redis.call('ZRANGEBYSCORE', active, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit), true)
consider(redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit), false)
if #ids == 0 then return {now, next_due(), ''} end

-- The queue's own breaker: what it lets in, should it not let everybody in.
local own_breaker = ARGV[10] ~= '' and breaker_named('', ARGV[10])
local why = ''
if own_breaker then
  local left, _, earliest = room(own_breaker, lease)
  if left < 1 then return {now, math.max(1, math.ceil(earliest - now)), 'breaker'} end
  if left < limit then limit, why = left, 'breaker' end
end
local function scores_in(set) return redis.call('EXISTS', set) == 1 and redis.call('ZMSCORE', set, unpack(ids)) or {} end
local held_before, leased_until, lapsed_before = scores_in(held), scores_in(active), scores_in(lapses)
local fence = redis.call('INCRBY', prefix .. 'fence', #ids) - #ids

local function all(key_of)
  local keys = {}
  for i, id in ipairs(ids) do keys[i] = key_of(id) end
  return redis.call('MGET', unpack(keys))
end
local attempts_before, payloads_of = all(retry_key), all(payload_key)

local function holder_of(id) return string.match(redis.call('GET', lock_key(id)) or '', '^(.-):') end

-- How many jobs of this queue a worker had when it went down: counted once, by who first takes one over.
local function crash_size(holder)
  local key = prefix .. 'crash:' .. holder
  local size = redis.call('GET', key)
  if not size then
    size = 0
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', active, '-inf', now, 'LIMIT', 0, 500)) do
      if holder_of(id) == holder then size = size + 1 end
    end
    redis.call('SET', key, size, 'PX', keep)
  end
  return tonumber(size)
end

-- How many workers went down with a job, should it be claimed now; a half more when this job must have been the cause of
-- the last: it was alone, or the one suspect. Beside a suspect that went down with its worker nobody else is to blame.
local function lapses_with(i, lapsed)
  local before = tonumber(lapsed_before[i] or 0)
  if not lapsed then return before end
  local holder = holder_of(ids[i]) or ''
  local suspect = redis.call('GET', prefix .. 'suspect:' .. holder)
  if suspect == ids[i] or (not suspect and sole == 1 and crash_size(holder) == 1) then return math.floor(before) + 1.5 end
  if suspect and (suspect == '' or holder_of(suspect) == holder) then return before end
  return math.floor(before) + 1
end

local function is_poison(n) return n >= poison_after and n % 1 > 0 end

-- A worker runs but one such job at a time, so that its end tells who was to blame.
local function is_suspect(n) return n >= poison_after and n % 1 == 0 end

local function take_over(id, owner, n)
  local holder = holder_of(id)
  if holder and redis.call('GET', prefix .. 'suspect:' .. holder) == id then
    redis.call('SET', prefix .. 'suspect:' .. holder, '', 'PX', keep)  -- blamed: what else it held is not
  end
  redis.call('SET', lock_key(id), owner, 'PX', keep)
  if n > 0 then redis.call('ZADD', lapses, n, id) end
  emit('lapse', 'job', id, 'by', worker)
  count('lapsed', 1)
end

-- Takes a job's lock, if it is to be had.
local function lock(id, owner, lapsed, n)
  if lapsed and not held_by_stock(id) then
    take_over(id, owner, n)
    return true
  end
  return redis.call('SET', lock_key(id), owner, 'NX', 'PX', keep)
end

local function drop_ghost(id)
  redis.call('DEL', retry_key(id), lock_key(id))
  for _, set in ipairs({queue, active, scheduled, retrying, held, lapses}) do redis.call('ZREM', set, id) end
end

local jobs, payloads, visible, taken, leases, origins, waits = {}, {}, {}, {}, {}, {}, {}
local function look_again_at(moment, id)
  visible[#visible + 1] = moment
  visible[#visible + 1] = id
end

local function take(id, owner, i, lapsed, n)
  local attempt = tonumber(attempts_before[i] or 0) + 1  -- counted when it fails: a crash is counted by lapses
  local origin = lapsed and tonumber(redis.call('ZSCORE', came, id) or scores[i]) or scores[i]
  jobs[#jobs + 1] = {id, owner, fence + i, attempt, due_since(origin), lane_of(origin) * 4, math.floor(n), is_poison(n) and 2 or is_suspect(n) and 1 or 0, held_before[i] and 1 or 0}
  taken[#taken + 1] = id
  leases[#leases + 1] = now + lease
  leases[#leases + 1] = id
  origins[#origins + 1] = origin
  origins[#origins + 1] = id
  if not lapsed then waits[#waits + 1] = math.max(0, now - due_since(origin)) end
end

for i, id in ipairs(ids) do
  if #jobs >= limit then break end
  local lease_end = leased_until[i] and tonumber(leased_until[i])
  local lapsed = lease_end and lease_end <= now
  local n = lapses_with(i, lapsed)
  local owner = worker .. ':' .. (fence + i) .. ':' .. now
  if lease_end and lease_end > now then
    look_again_at(lease_end, id)  -- a stock abort() pulled the score of a running job to the front
  elseif lapsed and lease_end > 0 and spared > now then
    look_again_at(spared, id)
  elseif is_suspect(n) and suspects_left == 0 then
    look_again_at(now + 200, id)  -- for a worker that has no suspect yet
  else
    local mine = lock(id, owner, lapsed, n)
    look_again_at(now + (mine and lease or math.min(lease, STOCK_HOLDS_MS)), id)
    if mine and not payloads_of[i] and redis.call('EXISTS', result_key(id)) == 1 then
      drop_ghost(id)
    elseif mine then
      take(id, owner, i, lapsed, n)
      payloads[#jobs] = payloads_of[i] or ''
      if is_suspect(n) then
        suspects_left = suspects_left - 1
        redis.call('SET', prefix .. 'suspect:' .. worker, id, 'PX', keep)
      end
    end
  end
end
if #visible > 0 then redis.call('ZADD', queue, 'XX', unpack(visible)) end
if #jobs > 0 then
  redis.call('ZADD', active, unpack(leases))
  redis.call('ZADD', came, unpack(origins))
  for _, index in ipairs({scheduled, retrying, held}) do
    if redis.call('EXISTS', index) == 1 then redis.call('ZREM', index, unpack(taken)) end
  end
  measure('w', waits)
  redis.call('SET', memory, cmsgpack.pack({seq = seq, jobs = jobs}), 'PXAT', now + lease)  -- not a moment longer than the leases
  if own_breaker then enter(own_breaker, taken, now + lease) end
end
return reply(jobs, why, payloads)
