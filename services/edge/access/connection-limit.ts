import type { Server, Socket } from 'node:net';
import { isLoopback } from '../../../libs/clients/index.ts';
import { counter } from '../../../libs/telemetry/index.ts';

const refused = counter('entrepot.edge.connections.refused', {
  unit: '{connection}',
  description: 'Connections closed at once, because their address had as many as it may have',
});

/**
 * No more connections of an address at once than it may have; what is too much is closed before a byte of it is read. Addresses of IPv6
 * count by their first 64 bits, of which every household has its own. Connections from this machine do not count: there stands a
 * proxy, which has one connection for each of its clients, or a developer.
 */
export function limitConnections(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const from = groupOf(socket.remoteAddress);
    if (from === undefined) return;
    const now = open.get(from) ?? 0;
    if (now >= most) {
      refused.add(1);
      socket.destroy();
      return;
    }
    open.set(from, now + 1);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left === 0) open.delete(from);
      else open.set(from, left);
    });
  });
}

/** What an address is counted under; undefined for one that is not counted. */
export function groupOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isLoopback(plain)) return undefined;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const all =
    tail === undefined ? first : [...first, ...Array(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last];
  return `${all
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
