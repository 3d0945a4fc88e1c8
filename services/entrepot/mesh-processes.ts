// The processes of the mesh shape on one machine, in the order in which they start: what is called before what calls.
import { join } from 'node:path';
import { meshAddresses } from '../../libs/config/index.ts';
import type { ProcessSpec } from './supervisor.ts';

/** The processes with their addresses from the environment. */
export function meshProcesses(edgePort: number): readonly ProcessSpec[] {
  const twinUrl = process.env.ENTREPOT_TWIN_URL ?? `http://${meshAddresses.twin}`;
  const addresses = { ...meshAddresses, edge: meshAddresses.edge.replace(/:\d+$/, `:${edgePort}`) };
  const names = ['twin', 'normalization', 'pricing', 'supply', 'query', 'edge'] as const;
  return names.map((name) => {
    const [host = '127.0.0.1', port = '0'] = addresses[name].split(':');
    return {
      name,
      args: [join(import.meta.dirname, '..', name, 'main.ts')],
      // Six processes' log lines would bury the supervisor's own; LOG_LEVEL=info brings them back.
      env: { ENTREPOT_TWIN_URL: twinUrl, PORT: String(edgePort), LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' },
      host,
      port: Number(port),
    };
  });
}
