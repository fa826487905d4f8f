-- KEYS: a place's, to read it.
-- ARGV: thread, path, the moment's id (nothing for the head).
local place = read_place()
if not place then return DAMAGED end
if place.id == '' then return {'none'} end

-- From the moment back to its snapshot. What a record goes on from lies before it, or the line would never end.
local line, id, before = {}, ARGV[3], nil
if id == '' then id = place.id end
while id ~= NOBODY do
  local entry = redis.call('HGET', IDS, id)
  local sequence = entry and string.sub(entry, 1, 19)
  local record = entry and (not before or sequence < before) and redis.call('HGET', RECORDS, sequence)
  if not record then break end
  line[#line + 1] = record
  if base_of(record) == id then break end
  id, before = parent_of(record), sequence
end
if #line == 0 then
  if ARGV[3] == '' or ARGV[3] == place.id then return DAMAGED end
  return {'none'}
end
local writes = {}
if id_of(line[1]) == place.id then writes = redis.call('HGETALL', WRITES) end
return {'done', place.id, place.sequence, place.rewrites, line, writes}
