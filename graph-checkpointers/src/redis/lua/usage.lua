-- KEYS: the thread's paths. ARGV: thread, path, how the keys of its places begin.
local places = {}
for _, path in ipairs(paths_below()) do
  local counts = redis.call('HMGET', key_of('head', path), 'records', 'writes', 'messages', 'bytes')
  if not counts[1] then return {'damaged'} end
  table.insert(places, {path, counts[1], counts[2], counts[3], counts[4]})
end
return {'done', places}
