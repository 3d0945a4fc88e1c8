import { createChannel, createClient } from 'nice-grpc';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import { ServerReflectionRequest } from 'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js';
import { afterEach, describe, expect, it } from 'vitest';
import { PricingServiceDefinition } from '../contracts/gen/entrepot/pricing/v1/pricing.ts';
import { connect } from './connect.ts';
import { HealthDefinition } from './health.ts';
import { type MeshServer, serve } from './serve.ts';
import { meshService } from './service.ts';
import { failure } from './test-service.ts';

const serving = 1;
const notServing = 2;
const unknown = 3;

let server: MeshServer;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await server.close();
});

async function start(gate?: Promise<void>): Promise<void> {
  const pricing = meshService(PricingServiceDefinition, {
    async *price() {},
    async *quote() {},
    explain: async () => ({ lines: [], total: undefined, linesMax: [], totalMax: undefined }),
    getRuleSet: async () => {
      await gate;
      return { ruleSet: 'r', rateTable: 't', rules: [], currencies: ['EUR'] };
    },
  });
  server = await serve({ name: 'pricing', services: [pricing], at: { address: '127.0.0.1:0' } });
}

function healthClient() {
  const { client, close } = connect(HealthDefinition, { address: server.address });
  closers.push(close);
  return client;
}

describe('every gRPC server', () => {
  it('answers grpc.health.v1 overall and for each service', async () => {
    await start();
    const health = healthClient();
    expect(await health.check({ service: '' })).toEqual({ status: serving });
    expect(await health.check({ service: PricingServiceDefinition.fullName })).toEqual({ status: serving });
    expect(await failure(health.check({ service: 'no.such.Service' }))).toMatchObject({ code: 5 });
    const watch = health.watch({ service: 'no.such.Service' });
    expect((await watch.next()).value).toEqual({ status: unknown });
    await watch.return?.();
  });

  it('is NOT_SERVING while it drains, tells its watchers, and ends their watches', async () => {
    const gate = Promise.withResolvers<void>();
    await start(gate.promise);
    const { client, close } = connect(PricingServiceDefinition, { address: server.address });
    closers.push(close);
    const call = client.getRuleSet({});
    const watch = healthClient().watch({ service: PricingServiceDefinition.fullName });
    expect((await watch.next()).value).toEqual({ status: serving });
    const drained = server.drain();
    expect((await watch.next()).value).toEqual({ status: notServing });
    expect((await watch.next()).done).toBe(true);
    gate.resolve();
    expect((await call).currencies).toEqual(['EUR']);
    await drained;
  });

  it('lists its services by reflection and shows their descriptors', async () => {
    await start();
    const channel = createChannel(server.address);
    closers.push(() => channel.close());
    const reflection = createClient(ServerReflectionService, channel);
    const ask = async (request: ServerReflectionRequest) => {
      for await (const response of reflection.serverReflectionInfo(only(request))) return response.toObject();
      throw new Error('no answer');
    };
    const listed = await ask(new ServerReflectionRequest().setListServices(''));
    expect(listed.listServicesResponse?.serviceList.map((service) => service.name)).toEqual([
      PricingServiceDefinition.fullName,
      'entrepot.telemetry.v1.TraceService',
    ]);
    const symbol = new ServerReflectionRequest().setFileContainingSymbol('entrepot.pricing.v1.PricingService.Explain');
    const described = await ask(symbol);
    expect(described.fileDescriptorResponse?.fileDescriptorProtoList).toHaveLength(1);
  });

  it('drains while a reflection tool stays connected', async () => {
    await start();
    const channel = createChannel(server.address);
    closers.push(() => channel.close());
    const open = Promise.withResolvers<void>();
    const requests = (async function* () {
      yield new ServerReflectionRequest().setListServices('');
      await open.promise;
    })();
    const answers = createClient(ServerReflectionService, channel)
      .serverReflectionInfo(requests)
      [Symbol.asyncIterator]();
    await answers.next();
    await server.drain();
    expect((await answers.next()).done).toBe(true);
    open.resolve();
  });
});

async function* only<Message>(message: Message): AsyncGenerator<Message> {
  yield message;
}
