-- Put before scripts that keep failures: those of one fingerprint are a group, counted for each queue by itself.
-- Its hash: error, pattern, frame, count, dead (jobs that it ended), first, last, sample (newest job), and for each of its
-- job types, tenants and workers type:NAME, tenant:NAME, worker:NAME; the 21st and later ones count under an empty name.
-- hour:N counts what happened in the Nth hour since 1970, for the last two days.
local GROUPS, NAMES, HOURS = 500, 20, 48
local LONGEST_NAME = 100
local GROUP_MS = 2592000000  -- 30 days after its last failure
local groups = prefix .. 'failures'  -- sorted set: fingerprint -> when it was last seen

local function group_key(fingerprint) return prefix .. 'failure:' .. fingerprint end

-- At most so many groups, none of them older than it is kept: those not seen for longest go.
local function forget_old_groups()
  redis.call('ZREMRANGEBYSCORE', groups, '-inf', now - GROUP_MS)
  local surplus = redis.call('ZCARD', groups) - GROUPS
  if surplus <= 0 then return end
  for _, fingerprint in ipairs(redis.call('ZRANGE', groups, 0, surplus - 1)) do redis.call('UNLINK', group_key(fingerprint)) end
  redis.call('ZREMRANGEBYRANK', groups, 0, surplus - 1)
end

local function count_name(key, kind, name)
  if name == '' then return end
  local field = kind .. ':' .. string.sub(name, 1, LONGEST_NAME)
  if redis.call('HEXISTS', key, field) == 0 and redis.call('HINCRBY', key, kind .. 's', 1) > NAMES then field = kind .. ':' end
  redis.call('HINCRBY', key, field, 1)
end

local function count_hour(key)
  local newest = math.floor(now / 3600000)
  if redis.call('HINCRBY', key, 'hour:' .. newest, 1) > 1 then return end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local hour = tonumber(string.match(field, '^hour:(%d+)$'))
    if hour and (hour <= newest - HOURS or hour > newest) then redis.call('HDEL', key, field) end
  end
end

-- Keeps with a job what its attempt failed of, '' when it ended without having run, and counts it in its group:
-- `group` is {fingerprint, kind, pattern, frame, tenant}; without a fingerprint there is none.
local function keep_failure(id, owner, failure, error, group, job_type, ends)
  if failure ~= '' then
    redis.call('RPUSH', attempts_key(id), failure)
    redis.call('LTRIM', attempts_key(id), -50, -1)
    redis.call('HSET', record_key(id), 'error', error)
  end
  local fingerprint, kind, pattern, frame, tenant = unpack(group)
  if fingerprint == '' then return end
  redis.call('HSET', record_key(id), 'fingerprint', fingerprint, 'tenant', tenant)
  local key = group_key(fingerprint)
  if redis.call('HINCRBY', key, 'count', 1) == 1 then
    redis.call('HSET', key, 'error', kind, 'pattern', pattern, 'frame', frame, 'first', now)
  end
  if ends then redis.call('HINCRBY', key, 'dead', 1) end
  redis.call('HSET', key, 'last', now, 'sample', id)
  for name, of in pairs({type = job_type, tenant = tenant, worker = string.match(owner, '^[^:]*')}) do count_name(key, name, of) end
  count_hour(key)
  redis.call('ZADD', groups, now, fingerprint)
  for _, kept in ipairs({key, groups}) do redis.call('PEXPIRE', kept, GROUP_MS) end
  forget_old_groups()
end
