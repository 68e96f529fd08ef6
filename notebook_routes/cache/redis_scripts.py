"""What Redis itself does, in Lua: each in one go, so that nobody sees half of it.

An entry is a hash: its field `entry` holds the bytes, and each of its tags is a field without a value, named as the
key of the tag's mark without the prefix: the script that reads an entry finds the marks without being told. A mark is a
string of three numbers, `expired pending due`, see `TagMark`.
"""

from __future__ import annotations

from hashlib import sha1

#: KEYS: those of entries. ARGV: the prefix, then for each key how many tags are asked for beside its own, and these.
#: Answers for each key with the entry and the marks found, nothing where there is none, or 0 for what is no entry.
READ = """
local answers, at = {}, 2
for n = 1, #KEYS do
  local extra = tonumber(ARGV[at])
  local found = redis.pcall('HGETALL', KEYS[n])
  local answer = {false}
  local function look(tag)
    local mark = redis.pcall('GET', ARGV[1] .. tag)
    if mark then answer[#answer + 1] = mark.err and 'wrong' or mark end
  end
  if not found.err then
    for i = 1, #found, 2 do
      if found[i] == 'entry' then answer[1] = found[i + 1] else look(found[i]) end
    end
    if answer[1] then
      for i = at + 1, at + extra do look(ARGV[i]) end
    end
  end
  if answer[1] then answers[n] = answer else answers[n] = (found.err or #found > 0) and 0 or false end
  at = at + extra + 1
end
return answers
"""

#: KEYS: that of the entry. ARGV: milliseconds to keep it, its bytes, its tags as fields.
#: The bytes come first: Redis asks for free memory only before a script's first write, and a DEL needs none.
WRITE = """
local kind, former = redis.call('TYPE', KEYS[1]).ok, {}
if kind == 'hash' then former = redis.call('HKEYS', KEYS[1])
elseif kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'entry', ARGV[2])
for _, field in ipairs(former) do
  if field ~= 'entry' then redis.call('HDEL', KEYS[1], field) end
end
for i = 3, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
"""

#: KEYS: those of marks. ARGV: milliseconds to keep them; for each key `expired`, `pending` and `due` of what is new.
#: The two halves do what `TagMark.marked` does, at `expired` and at `pending`.
MARK = """
for n = 1, #KEYS do
  local expired, pending, due = 0, 0, 0
  local found = redis.pcall('GET', KEYS[n])
  local at_once, later, gone = tonumber(ARGV[3 * n - 1]), tonumber(ARGV[3 * n]), tonumber(ARGV[3 * n + 1])
  if found then
    local a, b, c = string.match(found.err or found, '^(%S+) (%S+) (%S+)$')
    expired, pending, due = tonumber(a), tonumber(b), tonumber(c)
    if not (expired and pending and due) then
      expired, pending, due = math.max(at_once, later), 0, 0
    end
  end
  if at_once > 0 then
    if pending > 0 and due <= at_once then
      expired, pending, due = math.max(expired, pending), 0, 0
    end
    if pending <= at_once then pending, due = 0, 0 end
    expired = math.max(expired, at_once)
  end
  if later > 0 then
    if pending > 0 and due <= later then
      expired, pending, due = math.max(expired, pending), 0, 0
    end
    due = pending > 0 and math.min(due, gone) or gone
    pending = math.max(pending, later)
  end
  redis.call('SET', KEYS[n], string.format('%.17g %.17g %.17g', expired, pending, due), 'PX', ARGV[1])
end
return #KEYS
"""

#: KEYS: that of the lease. ARGV: what its holder was given.
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


def digest(script: str) -> str:
    """The name that EVALSHA has for a script."""
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
