-- KEYS: a place's, to read it.
-- ARGV: thread, path, the sequence before which to begin (nothing for the newest), how many (nothing for all), whether
-- inputs are left out (1 or 0).
local place = read_place()
if not place then return DAMAGED end

local from = '+'
if ARGV[3] ~= '' then from = '(' .. ARGV[3] end
local limit = tonumber(ARGV[4]) or math.huge
local without_inputs = ARGV[5] == '1'
local PAGE = 256
local records = {}
while #records < limit do
  local entries = redis.call('ZREVRANGEBYLEX', ORDER, from, '-', 'LIMIT', 0, math.min(PAGE, limit))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    if #records < limit and not (without_inputs and string.sub(entry, 20) == 'i') then
      local record = redis.call('HGET', RECORDS, string.sub(entry, 1, 19))
      if not record then return DAMAGED end
      records[#records + 1] = record
    end
  end
  from = '(' .. entries[#entries]
end
return {'done', records}
