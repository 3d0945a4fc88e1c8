import { readFileSync } from 'node:fs';
import type { CompatServiceDefinition, Server } from 'nice-grpc';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';

/**
 * grpc.reflection.v1 from the descriptors that the stubs were generated from, or from others, so that grpcurl and its like can list and
 * call what is served. Streams end when `ended` does, so that nobody's open tool keeps a server from draining.
 */
export function addReflection(
  server: Server,
  serviceNames: readonly string[],
  ended: Promise<void>,
  others?: Uint8Array,
): void {
  const descriptors = others ?? readFileSync(new URL('../contracts/gen/entrepot.binpb', import.meta.url));
  const reflection = ServerReflection(new Uint8Array(descriptors), serviceNames);
  const definition: CompatServiceDefinition = ServerReflectionService;
  server.add(definition, {
    serverReflectionInfo(requests: AsyncIterable<never>, context: never) {
      return reflection.serverReflectionInfo(until(requests, ended), context);
    },
  });
}

/** The messages of a source until a promise settles. */
async function* until<Message>(source: AsyncIterable<Message>, ended: Promise<void>): AsyncGenerator<Message> {
  const iterator = source[Symbol.asyncIterator]();
  const stop = ended.then((): IteratorResult<Message> => ({ done: true, value: undefined }));
  for (;;) {
    const result = await Promise.race([iterator.next(), stop]);
    if (result.done === true) return;
    yield result.value;
  }
}
