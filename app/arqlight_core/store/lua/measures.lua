#!lua flags=no-writes
-- Reads past minutes or hours of a queue, or of one job type in it; an hour that is not summed yet is summed here.
-- KEYS: queue, prefix
-- ARGV: unit, first, count, job_type (unit is minute or hour; first is its number since 1970; an empty job_type means the queue)
-- Returns: {now, then {number, fields (packed: an hour of all queues is some hundred thousand of them)} of each that has any}
-- Event: none
-- Prelude: hours
local unit, first, amount, job_type = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local mark = job_type == '' and '' or redis.call('HGET', prefix .. 'types', job_type) or 'none'
local summed = math.max(tonumber(redis.call('GET', prefix .. 'summed') or 0), math.floor(now / HOUR_MS) - MINUTES_KEPT_SECONDS / 3600 - 1)

-- Of one minute or hour the fields of the queue, or those of the job type without its mark.
local function fields_of(n)
  local kept = {}
  local function keep(field, number)
    local name, its_mark = string.match(field, '^([^|]*)|?(.*)$')
    if its_mark == mark then
      kept[name] = tonumber(number)
    end
  end
  if unit == 'minute' then
    local fields = redis.call('HGETALL', minute_key(n * 60000))
    for i = 1, #fields, 2 do keep(fields[i], fields[i + 1]) end
    return kept
  end
  local packed = n <= summed and redis.call('GET', hour_key(n))
  local sums = packed and cmsgpack.unpack(packed) or n > summed and sum_of(n) or {}
  for field, sum in pairs(sums) do keep(field, sum) end
  return kept
end

local answer = {now}
for n = first, first + amount - 1 do
  local fields = fields_of(n)
  if next(fields) then answer[#answer + 1] = {n, cmsgpack.pack(fields)} end
end
return answer
