-- Put before scripts that look back: minutes are summed to hours, which are kept longer. An hour is a string (msgpack of
-- field -> sum): nothing is added to it any more, and a hash of so many fields would take up to ten times the room.
local HOUR_MS = 3600000

local function hour_key(hour) return prefix .. 'hour:' .. hour end

-- What an hour's minutes come to: field -> sum.
local function sum_of(hour)
  local sums = {}
  for minute = 0, 59 do
    local fields = redis.call('HGETALL', minute_key(hour * HOUR_MS + minute * 60000))
    for i = 1, #fields, 2 do sums[fields[i]] = (sums[fields[i]] or 0) + tonumber(fields[i + 1]) end
  end
  return sums
end
