-- Put after `acting`, before scripts that move jobs to the trash of their bulk operation, where they stay for a time (ms).
local trash = prefix .. 'trash:' .. bulk

local function throw_away(id, state, keep)
  local score
  if state == 'dead' or state == 'cancelled' or state == 'completed' then
    score = redis.call('ZSCORE', prefix .. state, id)
    redis.call('ZREM', prefix .. state, id)
  else
    report(parent_of(id), 'cancelled')
    score = redis.call('ZSCORE', queue, id)
    if state == 'waiting' then score = score_in_line(id, score) end
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
  redis.call('HSETNX', trash .. ':note', 'state', state)
  if redis.call('HGET', trash .. ':note', 'state') ~= state then
    redis.call('HSET', trash .. ':states', id, state)
    redis.call('PEXPIRE', trash .. ':states', keep)
  end
end

-- Names of operations whose trash has expired go, a few at a time; the index goes with the last of them.
local function tidy_index(keep)
  local index = prefix .. 'trash'
  for _, name in ipairs(redis.call('ZRANGE', index, 0, 9)) do
    if redis.call('EXISTS', index .. ':' .. name .. ':note') == 0 then redis.call('ZREM', index, name) end
  end
  if redis.call('PTTL', index) < keep then redis.call('PEXPIRE', index, keep) end
end

-- Takes note of what a step has thrown away.
local function note_trash(jobs, keep)
  if jobs == 0 then return end
  redis.call('HSET', trash .. ':note', 'by', by, 'reason', reason)
  redis.call('HSETNX', trash .. ':note', 'at', now)  -- whatever ended since then under a purged id is a later life of it
  redis.call('HINCRBY', trash .. ':note', 'jobs', jobs)
  redis.call('PEXPIRE', trash, keep)
  redis.call('PEXPIRE', trash .. ':note', keep)
  redis.call('ZADD', prefix .. 'trash', 'NX', now, bulk)
  tidy_index(keep)
  count('purged', jobs)
end
