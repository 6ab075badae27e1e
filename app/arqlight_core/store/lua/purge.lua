#!lua flags=allow-oom
-- Moves jobs to the trash of a bulk operation, where they can be put back from until it expires.
-- KEYS: queue, prefix
-- ARGV: bulk, number, cursor, states, by, reason, trash_ms, ids (one argument each)
-- Returns: {1 = made now or 0, changed, {reason, how many were left alone for it, ...}}
-- Event: none; the bulk tells of its end
-- Prelude: running
-- Prelude: acting
-- Prelude: trashing
local keep = tonumber(ARGV[7])
local answer = act(8, function(id, state) throw_away(id, state, keep) end)
note_trash(answer[2], keep)
return answer
