#!lua flags=allow-oom
-- Lets a caller of the HTTP interface go on, or says how long it has to wait: GCRA.
-- KEYS: shared, prefix
-- ARGV: caller, emission_us, burst, counts (0 = only ask)
-- Returns: 0, or the milliseconds to wait
-- Event: none
local caller, emission, burst, counts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local micros = time[1] * 1000000 + time[2]
local key = prefix .. 'http:' .. caller
-- A clock that was set back cannot lock anybody out for longer than a burst.
local expected = math.min(math.max(tonumber(redis.call('GET', key) or 0), micros), micros + emission * burst)
local wait = expected - emission * (burst - 1) - micros
if wait > 0 then return math.ceil(wait / 1000) end
if counts == '0' then return 0 end
local ends = expected + emission
redis.call('SET', key, string.format('%.0f', ends), 'PX', math.ceil((ends - micros) / 1000) + 1000)
return 0
