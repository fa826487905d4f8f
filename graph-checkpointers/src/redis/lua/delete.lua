-- KEYS: the thread's paths, then the namespace's threads, due times, written times and users, then the thread's users
-- and its lease.
-- ARGV: thread, path, how the keys of its places begin.
local THREADS, DUE, WRITTEN, USERS, USERS_OF, LEASE = unpack(KEYS, 2)

-- Takes the thread out of an index by time. Without its head the time isn't known, and all are looked through.
local function forget(index, time, digits)
  if time then
    redis.call('ZREM', index, time .. THREAD)
    return
  end
  for _, entry in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if string.sub(entry, digits + 1) == THREAD then redis.call('ZREM', index, entry) end
  end
end

if PATH == '' then
  local times = redis.call('HMGET', key_of('head', ''), 'due', 'written')
  if redis.call('ZREM', THREADS, THREAD) == 1 or times[1] then
    forget(DUE, times[1], 19)
    forget(WRITTEN, times[2], 20)
  end
  for _, user in ipairs(redis.call('SMEMBERS', USERS_OF)) do redis.call('HDEL', USERS, user) end
  redis.call('DEL', USERS_OF, LEASE)
end
local paths = paths_below()
-- Also where the list of paths has lost it.
table.insert(paths, PATH)
for _, path in ipairs(paths) do
  -- Large values are freed beside.
  redis.call('UNLINK', key_of('head', path), key_of('order', path), key_of('ids', path), key_of('records', path),
    key_of('writes', path), key_of('inbox', path))
  redis.call('ZREM', PATHS, path)
end
return {'done'}
