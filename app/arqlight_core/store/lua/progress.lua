#!lua flags=allow-oom
-- Writes how far a running job is, and its new log lines.
-- KEYS: queue, prefix
-- ARGV: job_id, owner, done, total, stage, lines (one argument each)
-- Returns: 1, or 0 when the lease is lost
-- Event: refused
local id, owner = ARGV[1], ARGV[2]
if refusal(id, owner, 'progress') then return 0 end
-- A run that has only logged so far has said nothing of how far it is: what an earlier one said stays.
if ARGV[4] ~= '0' or ARGV[5] ~= '' then
  redis.call('HSET', record_key(id), 'done', ARGV[3], 'total', ARGV[4], 'stage', ARGV[5], 'progressed', now)
end
for i = 6, #ARGV do redis.call('RPUSH', log_key(id), now .. ' ' .. ARGV[i]) end
if #ARGV > 5 then redis.call('LTRIM', log_key(id), -200, -1) end
return 1
