-- KEYS: a place's, to send to it.
-- ARGV: thread, path, the message.
local place = read_place()
if not place then return DAMAGED end
local position = rise(KEYS[12])
redis.call('HSET', INBOX, stamp(tonumber(position)), ARGV[3])
place.bytes = place.bytes + #ARGV[3]
write_place(place)
return {'done', position}
