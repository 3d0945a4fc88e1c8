// Every service in this process with pretend partners, and the edge's gRPC for callers from outside.
import { startFused } from '../../services/entrepot/fused.ts';
import { askedPartners } from './asked-partners.ts';

/** A platform that answers gRPC. */
export interface RunningQuery {
  /** host:port */
  readonly address: string;
  /** A date of departure that partners sell. */
  readonly departureDate: string;
  close(): Promise<void>;
}

/** Starts it on a free port. */
export async function startQueryOverGrpc(): Promise<RunningQuery> {
  const config = askedPartners();
  const fused = await startFused({
    port: 0,
    inMemory: true,
    grpcAddress: '127.0.0.1:0',
    configDirectory: config.directory,
  });
  if (fused.grpcAddress === undefined) throw new Error('The edge does not answer gRPC.');
  return {
    address: fused.grpcAddress,
    departureDate: Temporal.Now.plainDateISO().add({ days: 60 }).toString(),
    close: async () => {
      await fused.close();
      config.remove();
    },
  };
}
