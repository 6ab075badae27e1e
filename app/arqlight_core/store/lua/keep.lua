#!lua flags=allow-oom
-- Keeps what running jobs hold of the things that queues share: keys of which one job runs at a time, places as a probe.
-- KEYS: shared, prefix
-- ARGV: lease_ms, holds (owner, id, kind, name for each; a kind is exclusive or probe)
-- Returns: a list, 1 = kept, 0 = lost: another job has the key, or the place as a probe has lapsed
-- Event: none
local lease = tonumber(ARGV[1])

local function keep_key(name, token)
  local key = prefix .. 'running:' .. name
  local holder = redis.call('GET', key)
  if holder and holder ~= token then return 0 end
  if not holder and redis.call('EXISTS', prefix .. 'over:' .. token) == 1 then return 0 end  -- given back meanwhile
  redis.call('SET', key, token, 'PX', lease)  -- also one that lapsed while the server was away and that nobody took
  return 1
end

local function keep_probe(name, token)
  local probes = prefix .. 'breaker.probes:' .. name
  if not redis.call('ZSCORE', probes, token) then return 0 end
  redis.call('ZADD', probes, now + lease, token)
  return 1
end

local codes = {}
for i = 2, #ARGV, 4 do
  local token, name = ARGV[i] .. ' ' .. ARGV[i + 1], ARGV[i + 3]
  codes[#codes + 1] = ARGV[i + 2] == 'probe' and keep_probe(name, token) or ARGV[i + 2] ~= 'probe' and keep_key(name, token) or 0
end
return codes
