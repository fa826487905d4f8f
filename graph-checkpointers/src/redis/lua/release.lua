-- KEYS: the thread's lease. ARGV: the epoch.
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {'done'}
