-- KEYS: a place's, to change it.
-- ARGV: thread, path, expected head (`*` for any), rewrites before and after, how many removed and how many replaced
-- records; then these, and then the writes as keys and payloads.
local expected, rewrites, rewrites_after = ARGV[3], ARGV[4], ARGV[5]
local removed_end = 7 + tonumber(ARGV[6])
local replaced_end = removed_end + tonumber(ARGV[7])

local place = read_place()
if not place then return DAMAGED end

-- The decision of `Rewrite::applies`.
if rewrites ~= place.rewrites or (expected ~= '*' and expected ~= place.id) then
  return {'standing', place.id, place.sequence, '0', place.rewrites}
end

for at = 8, removed_end do
  local entry = redis.call('HGET', IDS, ARGV[at])
  if entry then
    place.bytes = place.bytes - remove(RECORDS, string.sub(entry, 1, 19)) + HEADER
    redis.call('HDEL', IDS, ARGV[at])
    redis.call('ZREM', ORDER, entry)
  end
end
for at = removed_end + 1, replaced_end do
  local record = ARGV[at]
  local sequence = sequence_of(record)
  local entry = redis.call('HGET', IDS, id_of(record))
  local before = entry and string.sub(entry, 1, 19) == sequence and redis.call('HGET', RECORDS, sequence)
  if before then
    place.bytes = place.bytes - #before + #record
    redis.call('HSET', RECORDS, sequence, with_rest_of(record, before))
  end
end
for at = replaced_end + 1, #ARGV, 2 do
  if redis.call('HEXISTS', WRITES, ARGV[at]) == 1 then
    place.bytes = place.bytes - redis.call('HSTRLEN', WRITES, ARGV[at]) + #ARGV[at + 1]
    redis.call('HSET', WRITES, ARGV[at], ARGV[at + 1])
  end
end
place.rewrites = rewrites_after
write_place(place)
return {'done'}
