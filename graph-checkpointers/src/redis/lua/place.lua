-- A place is a thread, or one path of it. Its head counts what its other keys hold, so that a place of which some
-- keys are gone is told from one that is empty.
--
-- Numbers are compared as text of one length: a number of Lua is exact to 2^53 only.
local HEAD, ORDER, IDS, RECORDS, WRITES, INBOX, PATHS, THREADS, DUE, WRITTEN, LEASE = unpack(KEYS)
local THREAD, PATH = ARGV[1], ARGV[2]
local HEADER = 170
local NOBODY, NEVER, NOTHING = string.rep('-', 26), string.rep('-', 19), string.rep('0', 19)
local DAMAGED = {'damaged'}

-- The columns of a record's header.
local function id_of(record) return string.sub(record, 1, 26) end
local function parent_of(record) return string.sub(record, 28, 53) end
local function base_of(record) return string.sub(record, 55, 80) end
local function sequence_of(record) return string.sub(record, 82, 100) end
local function source_of(record) return string.sub(record, 123, 123) end
local function written_of(record) return string.sub(record, 130, 149) end
local function due_of(record) return string.sub(record, 151, 169) end

-- A record's id, parent, base and payload, with all else of the one that it replaces.
local function with_rest_of(record, before)
  return string.sub(record, 1, 81) .. string.sub(before, 82, HEADER) .. string.sub(record, HEADER + 1)
end

-- What the head says of the place; nil where not all of the place is there.
local function read_place()
  local fields = redis.call('HMGET', HEAD, 'id', 'sequence', 'due', 'written', 'rewrites', 'bytes',
    'records', 'writes', 'messages')
  local function counts(field, found) return tonumber(fields[field] or '0') == found end
  local records = redis.call('HLEN', RECORDS)
  local whole = counts(7, records)
    and counts(7, redis.call('ZCARD', ORDER))
    and (redis.call('EXISTS', IDS) == 1) == (records > 0)
    and counts(8, redis.call('HLEN', WRITES))
    and counts(9, redis.call('HLEN', INBOX))
    and (redis.call('ZSCORE', PATHS, PATH) ~= false) == (fields[7] ~= false)
    and (PATH ~= '' or (redis.call('ZSCORE', THREADS, THREAD) ~= false) == (records > 0))
  if not whole then return nil end
  return {
    id = fields[1] or '',
    sequence = fields[2] or NOTHING,
    due = fields[3] or NEVER,
    written = fields[4] or '',
    rewrites = fields[5] or '0',
    bytes = tonumber(fields[6] or '0'),
  }
end

-- Puts down what the place holds now. One that holds nothing leaves no trace.
local function write_place(place)
  local records = redis.call('HLEN', RECORDS)
  local writes = redis.call('HLEN', WRITES)
  local messages = redis.call('HLEN', INBOX)
  if records + writes + messages == 0 then
    redis.call('DEL', HEAD)
    redis.call('ZREM', PATHS, PATH)
    return
  end
  redis.call('HSET', HEAD, 'id', place.id, 'sequence', place.sequence, 'due', place.due, 'written', place.written,
    'rewrites', place.rewrites, 'bytes', string.format('%.0f', place.bytes),
    'records', records, 'writes', writes, 'messages', messages)
  redis.call('ZADD', PATHS, 0, PATH)
end

-- Puts the thread where its namespace looks for it by a time; `none` stands for no time.
local function move(index, before, now, none)
  if PATH ~= '' or before == now then return end
  if before ~= none then redis.call('ZREM', index, before .. THREAD) end
  if now ~= none then redis.call('ZADD', index, 0, now .. THREAD) end
end

-- Removes a field, and says how many bytes it had.
local function remove(key, field)
  local bytes = redis.call('HSTRLEN', key, field)
  redis.call('HDEL', key, field)
  return bytes
end

