import { hash } from 'node:crypto';
import { MOST_MS, QUOTA_GRACE_MS, UNTOLD_MS } from './arguments.ts';

/** A Lua script, which takes effect as one. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

function script(text: string): Script {
  return { text, sha1: hash('sha1', text) };
}

/** KEYS: lease. ARGV: holder, ms. Who holds it now. */
export const acquireScript = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
if not held then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return ARGV[1]
`);

/** KEYS: lease. ARGV: holder. 1 where it was given back. */
export const releaseScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);

/** KEYS: log, and the fence's lease. ARGV: ms, holder, entries. The log's length, -1 where the fence forbade it. */
export const appendScript = script(`
if KEYS[2] and redis.call('GET', KEYS[2]) ~= ARGV[2] then return -1 end
local length = redis.call('LLEN', KEYS[1])
for at = 3, #ARGV, 1000 do
  length = redis.call('RPUSH', KEYS[1], unpack(ARGV, at, math.min(at + 999, #ARGV)))
end
if length > 0 and redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return length
`);

/**
 * KEYS: buckets. ARGV: amount; for each bucket capacity, tokens a second, reserve and its quota's end or "". Whether they were
 * taken (1), and the level of each. What was spent is kept, not what is left, so that a capacity may change.
 */
export const takeScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local amount = tonumber(ARGV[1])
local taken = 1
local buckets = {}
for i, key in ipairs(KEYS) do
  local first = 4 * i - 2
  local bucket = { capacity = tonumber(ARGV[first]), refill = tonumber(ARGV[first + 1]), ends = tonumber(ARGV[first + 3]) }
  bucket.spent = 0
  bucket.at = now
  local held = redis.call('HMGET', key, 'spent', 'at', 'ends')
  if held[1] then
    local before = tonumber(held[3])
    local since = tonumber(held[2])
    bucket.at = math.max(now, since)
    if not (before and before <= now and bucket.ends and bucket.ends > now) then
      bucket.spent = math.max(0, tonumber(held[1]) - (math.max(0, now - since) / 1000) * bucket.refill)
    end
  end
  if bucket.capacity - bucket.spent - amount < tonumber(ARGV[first + 2]) then taken = 0 end
  buckets[i] = bucket
end
local levels = {}
for i, key in ipairs(KEYS) do
  local bucket = buckets[i]
  if taken == 1 and amount > 0 then
    bucket.spent = bucket.spent + amount
    local life
    if bucket.refill > 0 then
      life = math.min(${MOST_MS}, math.max(1, math.ceil((bucket.spent / bucket.refill) * 1000)))
    elseif bucket.ends then
      life = math.max(0, bucket.ends - now) + ${QUOTA_GRACE_MS}
    else
      life = ${UNTOLD_MS}
    end
    redis.call('HSET', key, 'spent', string.format('%.17g', bucket.spent), 'at', string.format('%.0f', bucket.at), 'ends', bucket.ends or '')
    redis.call('PEXPIRE', key, string.format('%.0f', life))
  end
  levels[i] = string.format('%.17g', math.max(0, bucket.capacity - bucket.spent))
end
return { taken, levels }
`);
