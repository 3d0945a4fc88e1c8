import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** How names are looked up; for tests. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

const ask: Lookup = (host) => lookup(host, { all: true });

/**
 * The address of every replica behind a target, "host:port" each: a call goes to one of them, and sometimes all have to be asked.
 * Rejects where a name cannot be looked up.
 */
export async function replicasOf(target: string, lookUp: Lookup = ask): Promise<string[]> {
  if (target.startsWith('static:')) {
    return target
      .slice('static:'.length)
      .split(',')
      .map((address) => address.trim());
  }
  const address = target.replace(/^dns:\/\/[^/]*\//, '');
  const [, host = address, port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return [address];
  const found = await lookUp(bare);
  return [
    ...new Set(found.map((one) => (isIP(one.address) === 6 ? `[${one.address}]:${port}` : `${one.address}:${port}`))),
  ];
}
