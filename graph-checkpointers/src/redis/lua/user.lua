-- KEYS: the namespace's users, the users of the proposed thread. ARGV: the user, the proposed thread.
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if kept then return {'done', kept} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
return {'done', ARGV[2]}
