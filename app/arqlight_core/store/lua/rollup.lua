#!lua flags=allow-oom
-- Sums the minutes of the oldest finished hour that is not summed yet, as far back as minutes are kept.
-- KEYS: queue, prefix
-- ARGV: kept_ms
-- Returns: how many finished hours are left to be summed
-- Event: none
-- Prelude: hours
local keep = ARGV[1]
local current = math.floor(now / HOUR_MS)
local oldest = current - MINUTES_KEPT_SECONDS / 3600
local hour = math.max(tonumber(redis.call('GET', prefix .. 'summed') or 0) + 1, oldest)
if hour >= current then return 0 end
local sums = sum_of(hour)
if next(sums) then redis.call('SET', hour_key(hour), cmsgpack.pack(sums), 'PX', keep) end
redis.call('SET', prefix .. 'summed', hour)
return current - 1 - hour
