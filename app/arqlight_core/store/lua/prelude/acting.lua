-- One step of a bulk operation: it acts on a few jobs, and is made once, also when its call was sent twice.
-- ARGV begins with: bulk, number (of the step), cursor (where the walk stands behind it), states, by, reason.
-- The record of a bulk is a hash: state, step, cursor, seen, changed, owner, lease, `left:` and a reason for each.
local bulk, number, cursor, by, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[5], ARGV[6]
local bulk_record = prefix .. 'bulk:' .. bulk
local allowed = {}
for state in string.gmatch(ARGV[4], '%a+') do allowed[state] = true end
local AGAIN = {}  -- what `one` answers of a job that this bulk has acted on before: it is counted once

local function note(kind, n) redis.call('HINCRBY', bulk_record, kind, n) end

-- A job that waits or is scheduled was moved behind the place where the walk stands: there it will be met again.
local function note_if_ahead(id, state)
  local place, last = string.match(cursor, '^(%S+) (.*)$')
  if not place or (state ~= 'waiting' and state ~= 'scheduled') then return end
  local score = tonumber(redis.call('ZSCORE', queue, id))
  if score > tonumber(place) or (score == tonumber(place) and before(last, id)) then note('ahead', 1) end
end

-- Why a job is left alone that stands as it is wanted: it did before, unless this bulk has put it there.
local function as_it_was(why)
  if tonumber(redis.call('HGET', bulk_record, 'ahead') or 0) < 1 then return why end
  note('ahead', -1)
  return AGAIN
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
-- did, or nil and what is to be told beside of it; `anywhere`: whatever state they are in. Answers {1 = made now, 0 = not:
-- the step was made before or the bulk is not running, changed, {reason, how many, ...}}.
local function act(first, one, anywhere)
  local standing, made = unpack(redis.call('HMGET', bulk_record, 'state', 'step'))
  if standing ~= 'running' or tonumber(made or 0) >= number then return {0, 0, {}} end
  local changed, seen, left, reasons = 0, 0, {}, {}
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
    if why ~= AGAIN then seen = seen + 1 end
    if why and why ~= AGAIN then
      if not left[why] then reasons[#reasons + 1] = why end
      left[why] = (left[why] or 0) + 1
    elseif not why then
      changed = changed + 1
      if beside then note('beside:' .. beside, 1) end
    end
  end
  redis.call('HSET', bulk_record, 'step', number, 'cursor', cursor, 'moved', now)
  note('seen', seen)
  note('changed', changed)
  local told = {}
  for _, why in ipairs(reasons) do
    note('left:' .. why, left[why])
    told[#told + 1] = why
    told[#told + 1] = left[why]
  end
  return {1, changed, told}
end
