#!lua flags=allow-oom
-- Completes jobs whose lease the worker still holds.
-- KEYS: queue, prefix
-- ARGV: worker, seq, jobs (id, owner, result, ttl_ms, run_ms for each; ttl 0 keeps no result, -1 keeps it for ever)
-- Returns: a list, 1 = completed, 0 = refused
-- Event: refused; completions are counted
-- A call repeated with the same seq is answered as before: its answer may have been lost on the way.
local memory, seq = prefix .. 'finish:' .. ARGV[1], ARGV[2]
local remembered = redis.call('GET', memory)
if remembered then
  local last = cjson.decode(remembered)
  if last.seq == seq then return last.codes end
end

local codes, gone, done, runs, ended = {}, {}, {}, {}, {}
for i = 3, #ARGV, 5 do
  local id, owner, result, ttl = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  local mine = not refusal(id, owner, 'finish')
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
    ended[#ended + 1] = now
    ended[#ended + 1] = id
    runs[#runs + 1] = tonumber(ARGV[i + 4])
  end
end
if #done > 0 then
  redis.call('DEL', unpack(gone))
  redis.call('ZREM', queue, unpack(done))
  redis.call('ZREM', active, unpack(done))
  redis.call('ZADD', prefix .. 'completed', unpack(ended))
  measure('r', runs)
  count('completed', #done)
end
redis.call('SET', memory, cjson.encode({seq = seq, codes = codes}), 'PX', 60000)
return codes
