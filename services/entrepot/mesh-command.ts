// `entrepot mesh`: the mesh shape on one machine, each service its own process over gRPC on loopback. In a cluster
// Kubernetes does what this does here: start, restart, stop.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { meshAddresses } from '../../libs/config/index.ts';
import { banner } from './banner.ts';
import { meshProcesses } from './mesh-processes.ts';
import { Supervisor } from './supervisor.ts';

/** Builds the command. */
export function meshCommand(): Command {
  return new Command('mesh')
    .description('Start each service as its own process over gRPC on loopback, and restart what dies.')
    .option('--port <port>', 'port of the edge (environment: PORT)', process.env.PORT ?? '8080')
    .action(async (options: { port: string }) => {
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
      await supervisor.start(meshProcesses(Number(options.port)));
      if (stopping) return;
      // Only now: gRPC takes a moment to load, and the processes start without it.
      const { listPartners } = await import('./partners.ts');
      const partners = await listPartners();
      const ingressUrl = partners.some(({ handedOver }) => handedOver?.transport === 'push')
        ? `http://${meshAddresses.ingress}`
        : undefined;
      console.log(`\n${await banner(`http://127.0.0.1:${options.port}`, partners, ingressUrl)}`);
    });
}
