-- A number above all that were given before, also where the last ones were lost with a server: the clock counts along.
-- Exact, and rising with the clock, until the year 2255.
local function now()
  local clock = redis.call('TIME')
  return clock[1] * 1000000 + clock[2]
end

local function rise(key)
  local last = tonumber(redis.call('GET', key) or '0')
  local next = string.format('%.0f', math.max(now(), last + 1))
  redis.call('SET', key, next)
  return next
end

local function stamp(time) return string.format('%020.0f', time) end

