-- Put before scripts that bring jobs into a queue, each unless its id or its unique key is taken; `announce` ends the call.
local added, merged, refused = {}, 0, 0

local function unique_key(key) return prefix .. 'unique:' .. key end

local function taken(id)
  return redis.call('EXISTS', payload_key(id), result_key(id)) > 0 or redis.call('HEXISTS', record_key(id), 'ended') == 1
end

-- The job that holds a key. Under any mode but throttle a job that has ended holds it no more.
local function holder_of(key, mode)
  local holder = redis.call('GET', unique_key(key))
  if not holder or (mode ~= 'throttle' and redis.call('EXISTS', payload_key(holder)) == 0) then return nil end
  return holder
end

local function hold(key, id, ms)
  if key ~= '' then redis.call('SET', unique_key(key), id, 'PX', ms) end
end

local function put(id, payload, delay, lane)
  redis.call('SET', payload_key(id), payload)
  place(id, now + delay, lane, scheduled)
  redis.call('UNLINK', record_key(id), attempts_key(id), log_key(id), flow_key(id), ends_key(id))  -- of an earlier life of this id
  added[#added + 1] = id
end

-- Puts the newest payload into the scheduled job that holds the key, and starts its delay anew.
local function merge(holder, payload, delay, lane)
  report(parent_of(holder), 'cancelled')  -- of a child the new payload knows nothing, or another number
  redis.call('SET', payload_key(holder), payload)
  for _, index in ipairs({scheduled, maturing}) do redis.call('ZREM', index, holder) end
  place(holder, now + delay, lane, scheduled)
  merged = merged + 1
  return {holder}
end

-- 1 = queued, 2 = queued already by this very call (an answer was lost), the id of the job that refuses it, or {id} of the
-- scheduled job that took its payload.
local function bring_in(id, payload, delay, lane, key, key_ms, mode)
  delay, lane = tonumber(delay), tonumber(lane)
  local holder = key ~= '' and holder_of(key, mode)
  if redis.call('GET', payload_key(id)) == payload then return 2 end
  if holder and mode == 'debounce' and tonumber(redis.call('ZSCORE', scheduled, holder) or 0) > now then
    hold(key, holder, key_ms)
    return merge(holder, payload, delay, lane)
  end
  if holder or taken(id) then
    refused = refused + 1
    return holder or id
  end
  put(id, payload, delay, lane)
  hold(key, id, key_ms)
  if key ~= '' then  -- for its way back from the trash, and for copies of it
    redis.call('HSET', record_key(id), 'unique', key, 'unique_terms', string.format('%.0f %.0f %s', now + key_ms, key_ms, mode))
  end
  return 1
end

local function announce()
  if merged + refused > 0 then count('deduplicated', merged + refused) end
  if #added > 0 then
    redis.call('ZREM', prefix .. 'completed', unpack(added))
    count('enqueued', #added)
  end
  if #added > 0 or merged > 0 then wake() end
end
