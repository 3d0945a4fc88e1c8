// The service as others meet it, for tests.
import type { NormalizationServiceDefinition as Definition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { NormalizationServiceDefinition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { connect, createMemoryNetwork, type MeshClient, type MeshServer, serve } from '../../../libs/mesh/index.ts';
import { openStore, type SharedStore } from '../../../libs/store/index.ts';
import { createNormalizationService, normalizationStore } from '../service.ts';
import { createPlainMatcher } from './plain-matcher.ts';

/** The service on a store in memory. */
export interface Running {
  client: MeshClient<Definition>;
  server: MeshServer;
  readonly store: SharedStore;
  /** Another process on the same store; the one before goes on. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it with matchers that can be followed by hand; every look at the clock finds a second more. */
export async function startService(store?: SharedStore): Promise<Running> {
  const own = store ?? (await openStore(normalizationStore));
  const closers: (() => Promise<void>)[] = [() => own.close()];
  let clock = Date.UTC(2026, 0, 1);
  const open = async (): Promise<Pick<Running, 'client' | 'server'>> => {
    const matchers = { stays: createPlainMatcher('stay'), goods: createPlainMatcher('good') };
    const now = (): number => {
      clock += 1000;
      return clock;
    };
    const service = createNormalizationService({ store: own, now, matchers });
    const network = createMemoryNetwork();
    const server = await serve({ name: 'normalization', services: service.services, at: { network } });
    const connection = connect(NormalizationServiceDefinition, { network, name: 'normalization' });
    closers.push(async () => {
      await connection.close();
      await server.close();
      await service.close();
    });
    return { client: connection.client, server };
  };
  const running: Running = {
    ...(await open()),
    store: own,
    async restart() {
      Object.assign(running, await open());
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
  return running;
}

/** The error that a call ends with. */
export async function refusal(promise: Promise<unknown>): Promise<EntrepotError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EntrepotError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
}
