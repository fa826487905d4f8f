-- KEYS: the thread's lease, the last epoch.
-- ARGV: the holder, how many microseconds (nothing for ever).
local held = redis.call('HMGET', KEYS[1], 'epoch', 'holder', 'until')
local time = now()

-- The decision of `Lease::renewed`. A refusal is worded there.
local epoch
if held[2] == ARGV[1] then
  epoch = held[1]
elseif held[1] and held[3] > stamp(time) then
  return {'held', held[1], held[2], held[3], stamp(time)}
else
  epoch = rise(KEYS[2])
end
local till = '09223372036854775807'
if ARGV[2] ~= '' then till = stamp(time + tonumber(ARGV[2])) end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'holder', ARGV[1], 'until', till)
return {'done', epoch, till}
