// Ports for processes that must be told their port before they start.
import { createServer, type Server } from 'node:net';

/** Ports that nobody listens at on loopback, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const { promise, resolve } = Promise.withResolvers<Server>();
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
      return promise;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port was given.');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
