#!lua flags=no-writes
-- Reads all that is known of one job.
-- KEYS: queue, prefix
-- ARGV: job_id
-- Returns: {now, scores in queue, active, scheduled, retrying, held, completed, dead, cancelled, lock, attempts, payload, result, record, failures, log, lapses, flow}
-- Event: none
-- Prelude: flow
local id = ARGV[1]
local function score(set) return redis.call('ZSCORE', set, id) or '' end
local function in_line_if_due(own)
  return own ~= '' and tonumber(own) <= now and score_in_line(id, own) or own
end
return {
  now,
  {in_line_if_due(score(queue)), score(active), score(scheduled), score(retrying), score(held), score(prefix .. 'completed'), score(prefix .. 'dead'), score(prefix .. 'cancelled')},
  redis.call('GET', lock_key(id)) or '',
  redis.call('GET', retry_key(id)) or '',
  redis.call('GET', payload_key(id)) or redis.call('HGET', record_key(id), 'payload') or '',
  redis.call('GET', result_key(id)) or '',
  redis.call('HGETALL', record_key(id)),
  redis.call('LRANGE', attempts_key(id), 0, -1),
  redis.call('LRANGE', log_key(id), 0, -1),
  score(lapses),
  redis.call('HGETALL', flow_key(id)),
}
