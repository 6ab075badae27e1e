-- One step of a bulk operation: it acts on a few jobs, and is made once, also when its call was sent twice.
-- ARGV begins with: bulk, number (of the step), cursor (where the walk stands behind it), states, by, reason.
-- The record of a bulk is a hash: state, step, cursor, seen, changed, owner, lease, `left:` and a reason for each.
local bulk, number, cursor, by, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[5], ARGV[6]
local bulk_record = prefix .. 'bulk:' .. bulk
local allowed = {}
for state in string.gmatch(ARGV[4], '%a+') do allowed[state] = true end
local spared_now = tonumber(redis.call('HGET', prefix .. 'pulse', 'spared') or 0)

-- A lease that a silence has left to its owner stands, too.
local function runs(id)
  local lease_end = tonumber(redis.call('ZSCORE', active, id) or 0)
  return lease_end > now or (lease_end > 0 and spared_now > now) or held_by_stock(id)
end

-- Where a job is; nil when there is no such job. An id whose job has ended may live again: then the life counts.
local function state_of(id)
  local score = tonumber(redis.call('ZSCORE', queue, id) or nil)
  if score then
    if runs(id) then return 'active' end
    if score <= now then return 'waiting' end
    for _, state in ipairs({'retrying', 'held'}) do
      if tonumber(redis.call('ZSCORE', prefix .. state, id) or 0) > now then return state end
    end
    return 'scheduled'
  end
  for _, state in ipairs({'dead', 'cancelled', 'completed'}) do
    if redis.call('ZSCORE', prefix .. state, id) then return state end
  end
  return nil
end

-- Acts on the jobs that ARGV names from `first` on: `one` gets an id and its state, and answers why it left it alone, if it
-- did, or nil and what is to be told beside of it; `anywhere`: whatever state they are in. Answers {1 = made now, 0 = not: the step was made before or the bulk is not
-- running, changed, {reason, how many, ...}}.
local function act(first, one, anywhere)
  local standing, made = unpack(redis.call('HMGET', bulk_record, 'state', 'step'))
  if standing ~= 'running' or tonumber(made or 0) >= number then return {0, 0, {}} end
  local changed, left, reasons = 0, {}, {}
  local function note(kind, n) redis.call('HINCRBY', bulk_record, kind, n) end
  for i = first, #ARGV do
    local id = ARGV[i]
    local state = state_of(id)
    local why, beside
    if anywhere then
      why, beside = one(id, state)
    elseif not state then
      why = 'no such job'
    elseif not allowed[state] then
      why = 'it is ' .. state
    else
      why, beside = one(id, state)
    end
    if why then
      if not left[why] then reasons[#reasons + 1] = why end
      left[why] = (left[why] or 0) + 1
    else
      changed = changed + 1
      if beside then note('beside:' .. beside, 1) end
    end
  end
  redis.call('HSET', bulk_record, 'step', number, 'cursor', cursor, 'moved', now)
  note('seen', #ARGV - first + 1)
  note('changed', changed)
  local told = {}
  for _, why in ipairs(reasons) do
    note('left:' .. why, left[why])
    told[#told + 1] = why
    told[#told + 1] = left[why]
  end
  return {1, changed, told}
end
