#!lua flags=allow-oom
-- Completes jobs whose lease the worker still holds.
-- KEYS: queue, prefix
-- ARGV: worker, seq, told (ttl_ms, run_ms, job_type, parent, wait_ms for each, as msgpack; ttl 0 keeps no result, -1 keeps it for ever), jobs (id, owner, result for each)
-- Returns: a list, 1 = completed, 0 = refused
-- Event: refused; completions are counted; breaker, when the queue's own closes
-- Prelude: breaker
-- A call repeated with the same seq is answered as before: its answer may have been lost on the way.
local memory, seq = prefix .. 'finish:' .. ARGV[1], ARGV[2]
local remembered = redis.call('GET', memory)
if remembered then
  local last = cmsgpack.unpack(remembered)
  if last.seq == seq then return last.codes end
end

local codes, gone, done, owners, ended, all_runs, types = {}, {}, {}, {}, {}, {}, {}
local told, locks = cmsgpack.unpack(ARGV[3]), {}
for i = 4, #ARGV, 3 do locks[#locks + 1] = lock_key(ARGV[i]) end
local holders = redis.call('MGET', unpack(locks))
for i = 4, #ARGV, 3 do
  local id, owner, result = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local t = (i - 4) / 3 * 5
  local ttl, run, job_type, parent, wait = told[t + 1], told[t + 2], told[t + 3], told[t + 4], told[t + 5]
  local mine = holders[(i - 1) / 3] == owner or not refusal(id, owner, 'finish')
  codes[#codes + 1] = mine and 1 or 0
  if mine then
    if ttl > 0 then
      redis.call('SET', result_key(id), result, 'PX', ttl)
    elseif ttl < 0 then
      redis.call('SET', result_key(id), result)
    end
    gone[#gone + 1] = payload_key(id)
    gone[#gone + 1] = lock_key(id)
    gone[#gone + 1] = retry_key(id)
    done[#done + 1] = id
    owners[#owners + 1] = owner
    ended[#ended + 1] = now
    ended[#ended + 1] = id
    all_runs[#all_runs + 1] = run
    local of_type = types[job_type] or {runs = {}, waits = {}}
    types[job_type] = of_type
    table.insert(of_type.runs, run)
    table.insert(of_type.waits, wait)
    report(parent, 'completed')
  end
end
if #done > 0 then
  redis.call('DEL', unpack(gone))
  redis.call('ZREM', queue, unpack(done))
  redis.call('ZREM', active, unpack(done))
  redis.call('ZREM', came, unpack(done))
  if redis.call('EXISTS', lapses) == 1 then
    for i, n in ipairs(redis.call('ZMSCORE', lapses, unpack(done))) do
      if n then redis.call('HSET', record_key(done[i]), 'lapses', math.floor(n)) end
    end
    redis.call('ZREM', lapses, unpack(done))
  end
  redis.call('ZADD', prefix .. 'completed', unpack(ended))
  measure('r', all_runs)
  count('completed', #done)
  for job_type, of_type in pairs(types) do
    if job_type ~= '' then
      local mark = type_mark(job_type)
      measure('r', of_type.runs, mark)
      measure('w', of_type.waits, mark)
      redis.call('HINCRBY', minute_key(now), 'completed' .. mark, #of_type.runs)
    end
  end
  make_room()
  tell_own_breaker('ok', done, owners)
end
redis.call('SET', memory, cmsgpack.pack({seq = seq, codes = codes}), 'PX', 60000)
return codes
