#!lua flags=allow-oom
-- Moves one chunk of a state's jobs to the trash, where they can be put back from until it expires.
-- KEYS: queue, prefix
-- ARGV: state, moment_ms, limit, operation, by, reason, trash_ms
-- Returns: how many jobs were moved; 0 = none is left that was there at the moment, or it is being undone
-- Event: purge, one for the chunk
local state, moment, limit, operation = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local by, reason, keep = ARGV[5], ARGV[6], tonumber(ARGV[7])
local ended = state == 'dead' or state == 'cancelled'
local sources = {
  waiting = {queue, '-inf', math.min(moment, now)},
  scheduled = {scheduled, '(' .. now, '+inf'},
  retrying = {retrying, '(' .. now, '+inf'},
  held = {held, '(' .. now, '+inf'},
  dead = {prefix .. 'dead', '-inf', moment},
  cancelled = {prefix .. 'cancelled', '-inf', moment},
}
local source = sources[state]
local trash = prefix .. 'trash:' .. operation
if redis.call('EXISTS', trash .. ':undone') == 1 then return 0 end
local moved = 0

local spared = tonumber(redis.call('HGET', prefix .. 'pulse', 'spared') or 0)

-- A lease that a silence has left to its owner stands, too.
local function runs(id)
  local lease_end = tonumber(redis.call('ZSCORE', active, id) or 0)
  return lease_end > now or (lease_end > 0 and spared > now) or held_by_stock(id)
end

local function throw_away(id, score)
  redis.call('ZREM', source[1], id)
  if not ended then
    report(parent_of(id), 'cancelled')
    score = redis.call('ZSCORE', queue, id) or score
    for _, set in ipairs({queue, scheduled, retrying, held, maturing, active, came, lapses}) do redis.call('ZREM', set, id) end
    redis.call('DEL', lock_key(id))  -- of a worker whose lease lapsed: it may finish this job no more
  end
  for _, key in ipairs(job_keys(id)) do
    if redis.call('EXISTS', key) == 1 then
      local passing = key == result_key(id) and redis.call('PTTL', key) > 0  -- its own time goes on in the trash
      local there = trash .. (passing and ':passing:' or ':') .. key
      redis.call('RENAME', key, there)
      redis.call('PEXPIRE', there, passing and math.min(keep, redis.call('PTTL', there)) or keep)
    end
  end
  redis.call('ZADD', trash, score, id)
  moved = moved + 1
end

-- A head start can put a job that came after the moment among those that were there.
local function was_there(score) return state ~= 'waiting' or due_since(score) <= moment end

local passed = 0
repeat
  local found = redis.call('ZRANGEBYSCORE', source[1], source[2], source[3], 'WITHSCORES', 'LIMIT', passed, limit)
  for i = 1, #found, 2 do
    if was_there(found[i + 1]) and (ended or not runs(found[i])) then
      throw_away(found[i], found[i + 1])
    else
      passed = passed + 1
    end
  end
until moved > 0 or #found == 0 or passed > 5000
if moved > 0 then
  redis.call('HSET', trash .. ':note', 'state', state, 'by', by, 'reason', reason, 'at', now)
  redis.call('HINCRBY', trash .. ':note', 'jobs', moved)
  redis.call('PEXPIRE', trash, keep)
  redis.call('PEXPIRE', trash .. ':note', keep)
  redis.call('ZREMRANGEBYSCORE', prefix .. 'trash', '-inf', now - keep)
  redis.call('ZADD', prefix .. 'trash', now, operation)
  count('purged', moved)
  emit('purge', 'by', by, 'reason', reason, 'state', state, 'jobs', moved, 'operation', operation)
end
return moved
