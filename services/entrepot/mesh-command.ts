// `entrepot mesh`: the mesh shape on one machine, each service its own process over gRPC on loopback. In a cluster
// Kubernetes does what this does here: start, restart, stop.
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { grpcBeside, meshAddresses, sharedStateUrl } from '../../libs/config/index.ts';
import { banner } from './banner.ts';
import { meshProcesses } from './mesh-processes.ts';
import { Supervisor } from './supervisor.ts';

/** Builds the command. */
export function meshCommand(): Command {
  return new Command('mesh')
    .description('Start each service as its own process over gRPC on loopback, and restart what dies.')
    .option('--port <port>', 'port of the edge (environment: PORT)', process.env.PORT ?? '8080')
    .option('--query <count>', 'processes of query, 1 to 8; several share what ENTREPOT_SHARED_STATE names', '1')
    .action(async (options: { port: string; query: string }) => {
      const queries = replicasOf(options.query);
      const supervisor = new Supervisor((line) => console.log(line));
      let stopping = false;
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, async () => {
          if (stopping) process.exit(1);
          stopping = true;
          console.log(styleText('dim', '\nstopping'));
          await supervisor.stop();
          process.exit(0);
        });
      }
      await supervisor.start(meshProcesses(Number(options.port), queries));
      if (stopping) return;
      // Only now: gRPC takes a moment to load, and the processes start without it.
      const { listPartners } = await import('./partners.ts');
      const partners = await listPartners();
      const ingressUrl = partners.some(({ handedOver }) => handedOver?.transport === 'push')
        ? `http://${meshAddresses.ingress}`
        : undefined;
      const edgeUrl = `http://127.0.0.1:${options.port}`;
      const grpcAddress = process.env.ENTREPOT_EDGE_GRPC_ADDRESS || grpcBeside(`127.0.0.1:${options.port}`);
      console.log(`\n${await banner({ edgeUrl, grpcAddress, ingressUrl, partners })}`);
    });
}

/** Several processes of query would not know each other's searches without something that they share. */
function replicasOf(text: string): number {
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= 8)) {
    throw new InvalidArgumentError(`--query is ${text}; give a number from 1 to 8`);
  }
  if (count > 1 && sharedStateUrl() === undefined) {
    const hint = 'ENTREPOT_SHARED_STATE=redis://127.0.0.1:6379';
    throw new InvalidArgumentError(`--query ${count} needs a Valkey or Redis that the processes share: set ${hint}`);
  }
  return count;
}
