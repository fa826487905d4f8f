-- KEYS: a place's, to read it.
-- ARGV: thread, path, `writes` or `inbox`.
if not read_place() then return DAMAGED end
local waiting = WRITES
if ARGV[3] == 'inbox' then waiting = INBOX end
return {'done', redis.call('HGETALL', waiting)}
