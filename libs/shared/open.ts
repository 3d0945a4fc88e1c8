import { MemoryState } from './memory-state.ts';
import { RedisState, type RedisStateOptions } from './redis-state.ts';
import type { SharedState } from './shared-state.ts';

/**
 * The shared state of an address: `redis://`, `rediss://` (TLS), `valkey://` or `valkeys://` with user, password and database
 * as `redis://user:password@host:6379/0`; undefined for the memory of this process. A server that is not there yet is waited for
 * no longer than a call: it is tried on, and calls fail meanwhile. Throws TypeError for what is no such address.
 */
export async function openSharedState(url: string | undefined, options: RedisStateOptions = {}): Promise<SharedState> {
  if (url === undefined || url === '') return new MemoryState();
  return RedisState.open(parseAddress(url), options);
}

function parseAddress(text: string): URL {
  const url = URL.parse(text.replace(/^valkey(s?):\/\//, 'redis$1://'));
  // Not quoted: it may hold a password.
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^(\/\d*)?$/.test(url.pathname)) {
    throw new TypeError('the address of the shared state is none: expected redis://host:6379, rediss:// or valkey://');
  }
  return url;
}
