#!lua flags=allow-oom
-- Counts children that have ended, each once, and lets a parent go on that waits for none any more, or lost one it may not.
-- KEYS: queue, prefix
-- ARGV: ends (parent, life, number, outcome, fatal for each)
-- Returns: how many of them were news
-- Event: continue
-- Prelude: flow
-- An end of no flow, or of another life of the parent, is dropped. A child that an operator revived may yet succeed.
local CODES, WORDS = {completed = 1, dead = 2, cancelled = 3}, {'completed', 'dead', 'cancelled'}
local AHEAD = 500  -- children that may have been queued, and have ended, before their parent could take note of it
local news, lives, totals = 0, {}, {}

local function known(parent, life, number)
  if lives[parent] == nil then
    lives[parent], totals[parent] = unpack(redis.call('HMGET', flow_key(parent), 'life', 'total'))
  end
  return lives[parent] == life and number >= 0 and number < totals[parent] + AHEAD
end

local function mend_fatal(flow, number)
  redis.call('HINCRBY', flow, 'fatal', -1)
  if redis.call('HGET', flow, 'first_fatal') == number then redis.call('HDEL', flow, 'first_fatal') end
end

local function tell(parent, number, code, fatal)
  local flow, place_of = flow_key(parent), '#' .. number
  local before = redis.call('BITFIELD', ends_key(parent), 'GET', 'u2', place_of)[1]
  if before ~= 0 and (before == 1 or code ~= 1) then return end
  redis.call('BITFIELD', ends_key(parent), 'SET', 'u2', place_of, code)
  redis.call('HINCRBY', flow, WORDS[code], 1)
  if before ~= 0 then redis.call('HINCRBY', flow, WORDS[before], -1) end
  if fatal and code == 2 then
    redis.call('HINCRBY', flow, 'fatal', 1)
    redis.call('HSETNX', flow, 'first_fatal', number)
  elseif fatal and before == 2 then
    mend_fatal(flow, number)
  end
  news = news + 1
end

for i = 1, #ARGV, 5 do
  local parent, number = ARGV[i], tonumber(ARGV[i + 2])
  if known(parent, ARGV[i + 1], number) then tell(parent, ARGV[i + 2], CODES[ARGV[i + 3]], ARGV[i + 4] == '1') end
end

for parent, life in pairs(lives) do
  if life then
    local open = flow_counts(parent)
    keep_flow(parent, open > 0 and OPEN_SECONDS or OVER_SECONDS)
    if open <= 0 then redis.call('HSET', flow_key(parent), 'ended', now) end
    go_on(parent)
  end
end
return news
