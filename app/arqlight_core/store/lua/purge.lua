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
  dead = {prefix .. 'dead', '-inf', moment},
  cancelled = {prefix .. 'cancelled', '-inf', moment},
}
local source = sources[state]
local trash = prefix .. 'trash:' .. operation
if redis.call('EXISTS', trash .. ':undone') == 1 then return 0 end
local found = redis.call('ZRANGEBYSCORE', source[1], source[2], source[3], 'WITHSCORES', 'LIMIT', 0, limit)
local moved = 0

local function runs(id)
  local lease_end = redis.call('ZSCORE', active, id)
  return lease_end and tonumber(lease_end) > now or held_by_stock(id)
end

local function throw_away(id, score)
  redis.call('ZREM', source[1], id)
  if not ended then
    for _, set in ipairs({queue, scheduled, retrying, active}) do redis.call('ZREM', set, id) end
    redis.call('DEL', lock_key(id))  -- of a worker whose lease lapsed: it may finish this job no more
  end
  for _, key in ipairs(job_keys(id)) do
    if redis.call('EXISTS', key) == 1 then
      redis.call('RENAME', key, trash .. ':' .. key)
      redis.call('PEXPIRE', trash .. ':' .. key, keep)
    end
  end
  redis.call('ZADD', trash, score, id)
  moved = moved + 1
end

for i = 1, #found, 2 do
  if ended or not runs(found[i]) then throw_away(found[i], found[i + 1]) end
end
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
