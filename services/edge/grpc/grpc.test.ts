import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { createChannel, createClient } from 'nice-grpc';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import { ServerReflectionRequest } from 'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js';
import { afterEach, describe, expect, it } from 'vitest';
import { makeKey } from '../../../libs/clients/index.ts';
import { EdgeServiceDefinition } from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import {
  GetPageRequest,
  GetPageResponse,
  QueryServiceDefinition,
  SearchPage,
  SearchRequest,
  SearchResponse,
  SearchUpdate,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { connect, type MeshContext } from '../../../libs/mesh/index.ts';
import { descriptors } from '../../../libs/vertical/index.ts';
import { clientsFrom } from '../access/test-clients.ts';
import { publicMethods } from '../api/method.ts';
import { edgeWith, type Query } from '../connect/test-edge.ts';
import type { Edge } from '../server.ts';
import { publicDescriptors } from './public-descriptors.ts';

let edge: Edge | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await edge?.close();
  edge = undefined;
});

async function start(methods: Partial<Query>): Promise<string> {
  edge = await edgeWith(methods, { grpcAddress: '127.0.0.1:0' });
  return edge.grpcAddress ?? '';
}

/** A client of grpc-js itself, without anything of ours around it. */
function plainClient(address: string) {
  const codec = <Message>(type: {
    encode(message: Message): { finish(): Uint8Array };
    decode(bytes: Uint8Array): Message;
  }) => ({
    write: (message: Message) => Buffer.from(type.encode(message).finish()),
    read: (bytes: Buffer) => type.decode(bytes),
  });
  const [request, response, search, update] = [
    codec(GetPageRequest),
    codec(GetPageResponse),
    codec(SearchRequest),
    codec(SearchResponse),
  ];
  const Client = makeGenericClientConstructor({}, 'Query');
  const client = new Client(address, credentials.createInsecure());
  closers.push(() => client.close());
  return {
    getPage(
      searchId: string,
      metadata = new Metadata(),
    ): Promise<{ answer?: GetPageResponse | undefined; error: ServiceError | null; header: Metadata }> {
      return new Promise((resolve) => {
        let header = new Metadata();
        client
          .makeUnaryRequest(
            '/entrepot.query.v1.QueryService/GetPage',
            request.write,
            response.read,
            GetPageRequest.fromPartial({ searchId }),
            metadata,
            (error, answer) => resolve({ answer, error, header }),
          )
          .on('metadata', (sent) => {
            header = sent;
          });
      });
    },
    search(asked: Partial<SearchRequest>, metadata = new Metadata()): ClientReadableStream<SearchResponse> {
      return client.makeServerStreamRequest(
        '/entrepot.query.v1.QueryService/Search',
        search.write,
        update.read,
        SearchRequest.fromPartial(asked as object),
        metadata,
      );
    },
  };
}

function metadataOf(entries: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

describe('gRPC at the edge', () => {
  it('answers one message, with the id of the request before it', async () => {
    const address = await start({ getPage: async ({ searchId }) => ({ page: SearchPage.fromPartial({ searchId }) }) });
    const { answer, header } = await plainClient(address).getPage('sr_1', metadataOf({ 'x-request-id': 'mine-1' }));
    expect(answer?.page?.searchId).toBe('sr_1');
    expect(header.get('x-request-id')).toEqual(['mine-1']);
  });

  it('refuses with the reason, and the id of the request behind it', async () => {
    const address = await start({
      getPage: async () => {
        throw invalidField('searchId', 'It is no id.');
      },
    });
    const { error } = await plainClient(address).getPage('?', metadataOf({ 'x-request-id': 'mine-2' }));
    expect(error).toMatchObject({ code: 3, details: 'searchId: It is no id.' });
    expect(error?.metadata.get('x-request-id')).toEqual(['mine-2']);
    const { client, close } = connect(QueryServiceDefinition, { address });
    closers.push(close);
    await expect(client.getPage(GetPageRequest.fromPartial({}))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'searchId', description: 'It is no id.' }],
    });
  });

  it('streams to the end, and is cancelled when its reader goes', async () => {
    const cancelled = Promise.withResolvers<void>();
    const address = await start({
      search: async function* ({ market }, { signal }: MeshContext) {
        yield { update: SearchUpdate.fromPartial({ searchId: 'sr_1' }) };
        if (market === 'GB') return;
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            cancelled.resolve();
            reject(signal.reason);
          }),
        );
      },
    });
    const client = plainClient(address);
    const read: unknown[] = [];
    for await (const { update } of client.search({ market: 'GB' })) read.push(update.searchId);
    expect(read).toEqual(['sr_1']);
    const open = client.search({ market: 'CH' });
    open.on('error', () => {});
    open.once('data', () => open.cancel());
    await cancelled.promise;
  });

  it('hands the deadline on', async () => {
    const seen = Promise.withResolvers<number>();
    const address = await start({
      getPage: async (_request, { deadline = 0 }) => {
        seen.resolve(deadline - Date.now());
        return { page: SearchPage.fromPartial({}) };
      },
    });
    const { client, close } = connect(QueryServiceDefinition, { address });
    closers.push(close);
    await client.getPage(GetPageRequest.fromPartial({ searchId: 'a' }), { timeoutMs: 5_000 });
    const left = await seen.promise;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(5_000);
  });

  it('sheds at the API alone: what is refused there is refused with when to come back', async () => {
    edge = await edgeWith(
      { getPage: async () => ({ page: SearchPage.fromPartial({}) }) },
      { grpcAddress: '127.0.0.1:0', admission: { maxCalls: 0 } },
    );
    const { error } = await plainClient(edge.grpcAddress ?? '').getPage('sr_1');
    expect(error?.code).toBe(8);
    const details = Buffer.concat(error?.metadata.get('grpc-status-details-bin').map((one) => Buffer.from(one)) ?? []);
    expect(details.includes('OVERLOADED')).toBe(true);
    expect(details.includes('google.rpc.RetryInfo')).toBe(true);
  });

  it('asks for a key where clients have some, and says what is left of a budget', async () => {
    const key = makeKey();
    const clients = clientsFrom(`
clients:
  shop:
    permissions: [SEARCH]
    budget: { capacity: 100, refill_per_second: 10 }
    keys: [{ id: a, hash: '${key.hash}' }]
`);
    edge = await edgeWith(
      { getPage: async () => ({ page: SearchPage.fromPartial({}) }) },
      { grpcAddress: '127.0.0.1:0', clients: () => clients },
    );
    const client = plainClient(edge.grpcAddress ?? '');
    expect((await client.getPage('a')).error?.code).toBe(16);
    const said: Record<string, string>[] = [{ 'entrepot-key': key.key }, { authorization: `Bearer ${key.key}` }];
    for (const entries of said) {
      const { answer, header } = await client.getPage('a', metadataOf(entries));
      expect(answer?.page).toBeDefined();
      expect(header.get('ratelimit-limit')).toEqual(['100']);
      expect(Number(header.get('ratelimit-remaining')[0])).toBeLessThan(100);
    }
    const { client: typed, close } = connect(
      QueryServiceDefinition,
      { address: edge.grpcAddress ?? '' },
      { metadata: { 'entrepot-key': key.key } },
    );
    closers.push(close);
    await expect(typed.listAccuracy({ partner: '' })).rejects.toMatchObject({ reason: 'NOT_PERMITTED' });
  });

  it('knows what it answers itself, and nothing that is not public', async () => {
    const address = await start({});
    const { client, close } = connect(EdgeServiceDefinition, { address });
    closers.push(close);
    expect(await client.getCaller({})).toMatchObject({ client: 'public' });
    const plain = new (makeGenericClientConstructor({}, 'Any'))(address, credentials.createInsecure());
    closers.push(() => plain.close());
    const call = (path: string) =>
      new Promise<number | undefined>((resolve) =>
        plain.makeUnaryRequest(
          path,
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          Buffer.alloc(0),
          (error) => resolve(error?.code),
        ),
      );
    expect(await call('/entrepot.normalization.v1.NormalizationService/Resolve')).toBe(12);
    expect(await call('/entrepot.pricing.v1.PricingService/GetRuleSet')).toBe(12);
  });

  it('lists by reflection what is public', async () => {
    const channel = createChannel(await start({}));
    closers.push(() => channel.close());
    const reflection = createClient(ServerReflectionService, channel);
    const ask = async (request: ServerReflectionRequest) => {
      const only = async function* () {
        yield request;
      };
      for await (const response of reflection.serverReflectionInfo(only())) return response.toObject();
      throw new Error('no answer');
    };
    const listed = await ask(new ServerReflectionRequest().setListServices(''));
    expect(listed.listServicesResponse?.serviceList.map(({ name }) => name)).toEqual([
      ...new Set([...publicMethods().values()].map(({ service }) => service)),
    ]);
    const found = async (symbol: string) =>
      (await ask(new ServerReflectionRequest().setFileContainingSymbol(symbol))).fileDescriptorResponse !== undefined;
    expect(await found('entrepot.query.v1.QueryService.Search')).toBe(true);
    expect(await found('entrepot.normalization.v1.NormalizationService.Resolve')).toBe(false);
  });
});

describe('the public descriptors', () => {
  const files = fromBinary(FileDescriptorSetSchema, publicDescriptors()).file;

  it('hold every public method, no other, and nothing that none of them needs', () => {
    const methods = files.flatMap(({ package: name, service }) =>
      service.flatMap((one) => one.method.map((method) => `${name}.${one.name}/${method.name}`)),
    );
    expect(methods.sort()).toEqual([...publicMethods().keys()].sort());
    const messages = files.flatMap(({ messageType }) => messageType.map(({ name }) => name));
    expect(messages).toContain('SearchRequest');
    expect(messages).not.toContain('ResolveRequest');
    expect(files.flatMap(({ extension }) => extension)).toEqual([]);
  });

  it('are whole: every file imports what is there before it, and every type is found', () => {
    const before = new Set<string>();
    const types = new Set<string>();
    for (const file of files) {
      for (const name of file.dependency) expect(before, file.name).toContain(name);
      before.add(file.name);
      for (const one of [...file.messageType, ...file.enumType]) types.add(`.${file.package}.${one.name}`);
    }
    for (const file of files) {
      for (const { field } of file.messageType) {
        for (const { typeName } of field) {
          if (typeName === '') continue;
          expect(
            [...types].some((type) => typeName === type || typeName.startsWith(`${type}.`)),
            typeName,
          ).toBe(true);
        }
      }
    }
  });

  it('keep comments with what they belong to', () => {
    const file = files.find(({ name }) => name === 'entrepot/normalization/v1/normalization.proto');
    const service = file?.service[0];
    const at = service?.method.findIndex(({ name }) => name === 'Undo') ?? -1;
    const comment = file?.sourceCodeInfo?.location.find(
      ({ path }) => path.join('.') === `6.0.2.${at}`,
    )?.leadingComments;
    const undo = descriptors().getService('entrepot.normalization.v1.NormalizationService')?.method.undo;
    const before = undo?.parent.methods.findIndex(({ name }) => name === 'Undo');
    expect(before).toBeGreaterThan(at);
    expect(comment).toContain('Takes an event back');
  });
});

it('says where else it could listen where the port is taken', async () => {
  const address = await start({});
  await expect(edgeWith({}, { grpcAddress: address })).rejects.toThrow(
    /cannot listen on .* ENTREPOT_EDGE_GRPC_ADDRESS/,
  );
});
