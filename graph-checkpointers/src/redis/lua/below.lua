-- The keys of the places at and below a path are made here, as `keys.rs` makes them: which places there are is only
-- known to the server, and all of a namespace's keys are in one slot.
local PATHS, THREAD, PATH, BASE = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

local function key_of(kind, path)
  if path == '' then return BASE .. kind end
  return BASE .. kind .. '/' .. path
end

-- The paths that hold anything. What begins with a path and a `/` lies between that and the path with what comes
-- after a `/`.
local function paths_below()
  if PATH == '' then return redis.call('ZRANGE', PATHS, 0, -1) end
  local paths = redis.call('ZRANGEBYLEX', PATHS, '[' .. PATH .. '/', '(' .. PATH .. '0')
  if redis.call('ZSCORE', PATHS, PATH) then table.insert(paths, 1, PATH) end
  return paths
end

