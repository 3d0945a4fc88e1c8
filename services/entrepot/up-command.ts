// `entrepot up`: the fused shape, every service in this process.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { grpcBeside } from '../../libs/config/index.ts';
import { banner } from './banner.ts';

/** Builds the command. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start every service in this process, with pretend partners; nothing else is needed.')
    .option('--port <port>', 'port of the edge; 0 for a free one (environment: PORT)', process.env.PORT ?? '8080')
    .option(
      '--host <host>',
      'address to bind; other than on loopback once clients have keys (entrepot client key)',
      '127.0.0.1',
    )
    .option('--in-memory', 'keep nothing on disk')
    .action(async (options: { port: string; host: string; inMemory?: true }) => {
      // Log lines would bury the banner for a person; a program that reads our output gets them all.
      if (process.stdout.isTTY) process.env.LOG_LEVEL ??= 'warn';
      // Here a person looks at each search; who pays for traces says otherwise.
      process.env.OTEL_TRACES_SAMPLER ??= 'parentbased_always_on';
      // Only now: loggers read LOG_LEVEL when their modules load.
      const { startFused } = await import('./fused.ts');
      const fused = await startFused({
        port: Number(options.port),
        host: options.host,
        inMemory: options.inMemory === true,
        grpcAddress: process.env.ENTREPOT_EDGE_GRPC_ADDRESS || grpcBeside(`${options.host}:${options.port}`),
      });
      let stopping = false;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, async () => {
          if (stopping) process.exit(1);
          stopping = true;
          console.log(styleText('dim', '\nstopping'));
          await fused.close();
          process.exit(0);
        });
      }
      // Last: whoever reads it may send a signal at once.
      console.log(await banner(fused));
    });
}
