-- Put before what has to know whether a job runs; a lease that a silence has left to its owner stands, too.
local spared_now = tonumber(redis.call('HGET', prefix .. 'pulse', 'spared') or 0)

local function runs(id)
  local lease_end = tonumber(redis.call('ZSCORE', active, id) or 0)
  return lease_end > now or (lease_end > 0 and spared_now > now) or held_by_stock(id)
end
