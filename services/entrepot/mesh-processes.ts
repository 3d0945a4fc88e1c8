// The processes of the mesh shape on one machine, in the order in which they start: what is called before what calls.
import { join } from 'node:path';
import { dataDirectory, meshAddresses } from '../../libs/config/index.ts';
import type { ProcessSpec } from './supervisor.ts';

/**
 * Megabytes of each half of V8's young generation. A search of thousands of rows is under way for longer than the default lasts: its rows
 * would be copied twice, and grow old, to be thrown away right after. `npm start` has it too.
 */
const youngGeneration = '--max-semi-space-size=64';
/** Ports between one replica of query and the next. */
const replicaStep = 20;

/**
 * The processes with their addresses from the environment.
 * @param queries processes of query: further ones listen 20 ports above the one before, and have data of their own
 */
export function meshProcesses(edgePort: number, queries = 1): readonly ProcessSpec[] {
  const edge = meshAddresses.edge.replace(/:\d+$/, `:${edgePort}`);
  const replicas = Array.from({ length: queries }, (_, at) => above(meshAddresses.query, at * replicaStep));
  const query = queries === 1 ? meshAddresses.query : `static:${replicas.join(',')}`;
  const before = (['twin', 'normalization', 'pricing', 'supply'] as const).map((name) =>
    spec(name, name, meshAddresses[name], edgePort),
  );
  const asked = replicas.map((address, at) => {
    const env = { ENTREPOT_QUERY_ADDRESS: address, ENTREPOT_DATA: join(dataDirectory(), `query-${at + 1}`) };
    return at === 0
      ? spec('query', 'query', address, edgePort)
      : spec(`query-${at + 1}`, 'query', address, edgePort, env);
  });
  return [...before, ...asked, spec('edge', 'edge', edge, edgePort, { ENTREPOT_QUERY_ADDRESS: query })];
}

function spec(
  name: string,
  service: string,
  address: string,
  edgePort: number,
  env: Readonly<Record<string, string>> = {},
): ProcessSpec {
  const [host = '127.0.0.1', port = '0'] = address.split(':');
  const twinUrl = process.env.ENTREPOT_TWIN_URL ?? `http://${meshAddresses.twin}`;
  return {
    name,
    args: [youngGeneration, join(import.meta.dirname, '..', service, 'main.ts')],
    // Six processes' log lines would bury the supervisor's own; LOG_LEVEL=info brings them back.
    env: { ENTREPOT_TWIN_URL: twinUrl, PORT: String(edgePort), LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn', ...env },
    host,
    port: Number(port),
  };
}

function above(address: string, ports: number): string {
  return address.replace(/\d+$/, (port) => String(Number(port) + ports));
}
