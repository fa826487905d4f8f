-- KEYS: a place's, to change it.
-- ARGV: thread, path, expected head (`*` for any), rewrites, epoch, how many records, how many consumed turns, how many
-- received positions; then these, and then the writes as keys and payloads.
local expected, rewrites, epoch = ARGV[3], ARGV[4], ARGV[5]
local records_end = 8 + tonumber(ARGV[6])
local consumed_end = records_end + tonumber(ARGV[7])
local received_end = consumed_end + tonumber(ARGV[8])

local place = read_place()
if not place then return DAMAGED end

-- The decision of `Commit::applies`. A refusal is worded there.
local first, last = ARGV[9], ARGV[records_end]
local has_records = records_end > 8
local lease = '0'
if epoch ~= '0' then lease = redis.call('HGET', LEASE, 'epoch') or '0' end
if has_records and place.id ~= '' and id_of(last) == place.id then return {'done'} end
local applies = (epoch == '0' or epoch == lease) and (expected == '*' or expected == place.id)
if has_records then
  applies = applies and rewrites == place.rewrites and place.sequence < sequence_of(first)
end
if not applies then return {'standing', place.id, place.sequence, lease, place.rewrites} end
if #ARGV == 8 then return {'done'} end

for at = 9, records_end do
  local record = ARGV[at]
  local sequence = sequence_of(record)
  local entry = sequence .. source_of(record)
  redis.call('HSET', RECORDS, sequence, record)
  redis.call('HSET', IDS, id_of(record), entry)
  redis.call('ZADD', ORDER, 0, entry)
  place.bytes = place.bytes + #record - HEADER
end

if consumed_end > records_end then
  local consumed = {}
  for at = records_end + 1, consumed_end do consumed[ARGV[at]] = true end
  for _, key in ipairs(redis.call('HKEYS', WRITES)) do
    if consumed[string.match(key, '^[^./]+')] then place.bytes = place.bytes - remove(WRITES, key) end
  end
end
for at = consumed_end + 1, received_end do
  place.bytes = place.bytes - remove(INBOX, ARGV[at])
end
for at = received_end + 1, #ARGV, 2 do
  if redis.call('HSETNX', WRITES, ARGV[at], ARGV[at + 1]) == 1 then
    place.bytes = place.bytes + #ARGV[at + 1]
  end
end

if has_records then
  if PATH == '' then redis.call('ZADD', THREADS, 0, THREAD) end
  move(DUE, place.due, due_of(last), NEVER)
  move(WRITTEN, place.written, written_of(last), '')
  place.id, place.sequence = id_of(last), sequence_of(last)
  place.due, place.written = due_of(last), written_of(last)
end
write_place(place)
return {'done'}
