import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bodyOf, createBodyCache } from './bodies.ts';

describe('the cache of bodies', () => {
  it('makes a body once for a key while it fits', () => {
    const cache = createBodyCache(1_000);
    let made = 0;
    const get = (key: string) => cache.get(key, () => `${key}${++made}`.padEnd(300, '.'));
    const first = get('a');
    expect(get('a')).toBe(first);
    for (const key of ['b', 'c', 'd']) get(key);
    expect(get('a')).not.toBe(first);
    expect(made).toBe(5);
  });

  it('gives what is too large for it, and keeps nothing without a budget', () => {
    expect(createBodyCache(10).get('a', () => 'x'.repeat(100)).plain).toHaveLength(100);
    const none = createBodyCache(0);
    expect(none.get('a', () => 'x')).not.toBe(none.get('a', () => 'x'));
  });

  it('compresses a body once', async () => {
    const body = bodyOf('hotel '.repeat(500));
    expect(gunzipSync(await body.zipped()).toString()).toBe('hotel '.repeat(500));
    expect(await body.zipped()).toBe(await body.zipped());
  });
});
