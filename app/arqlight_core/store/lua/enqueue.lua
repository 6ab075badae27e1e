#!lua
-- Adds jobs to a queue, each at once or after a delay, unless its id or its unique key is taken.
-- KEYS: queue, prefix
-- ARGV: jobs (id, payload, delay_ms, lane, unique, unique_ms, mode for each; unique is empty without a key)
-- Returns: for each: 1 = queued, 2 = queued already by this very call (an answer was lost), the id of the job that refuses it, or {id} of the scheduled job that took its payload
-- Event: none; counted as enqueued or deduplicated
-- Prelude: queueing
local answers = {}
for i = 1, #ARGV, 7 do answers[#answers + 1] = bring_in(unpack(ARGV, i, i + 6)) end
announce()
return answers
