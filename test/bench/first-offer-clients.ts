// Clients that ask for one search after the other by each protocol and look at nothing but when its first offer is there. Connections are
// kept. All are bare, so that what is measured is the edge, but for gRPC's: that is the stub that is shipped, and a bare one beside it says
// what of its time is the stub's own.
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { WebSocket } from 'ws';
import { createQueryClient } from '../../libs/contracts/client.ts';
import { SearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { enveloped, inJson, inProtobuf, type OfferSeen, textMessages } from './first-message.ts';

/** A client of one protocol. */
export interface FirstOfferClient {
  /** Milliseconds from asking to the first offer, once the search is over. */
  first(): Promise<number>;
  close(): void | Promise<void>;
}

/** The search of the measurement. */
export interface Searched {
  readonly flight: Readonly<Record<string, string | number>>;
  readonly [name: string]: unknown;
}

/** Everything that one search needs. */
interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** By HTTP/1.1, on one connection. @param seen made anew for each search */
function overHttp(url: string, { method, path, headers, body }: Sent, seen: () => OfferSeen): FirstOfferClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const options: RequestOptions = { agent, hostname, port, method, path, headers: { ...headers, ...length } };
  return {
    first: () =>
      new Promise((resolve, reject) => {
        const hasOffer = seen();
        const from = performance.now();
        let ms = Number.NaN;
        const sent = request(options, (response: IncomingMessage) => {
          response.on('data', (chunk: Buffer) => {
            if (Number.isNaN(ms) && hasOffer(chunk)) ms = performance.now() - from;
          });
          response.on('error', reject);
          response.on('end', () => {
            if (!Number.isNaN(ms)) resolve(ms);
            else reject(new Error(`${path} was answered with ${response.statusCode} and without an offer.`));
          });
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Over one socket. `begin` asks for a search by an id; what has one of `ends` in it is the end of one. */
async function overSocket(
  url: string,
  protocol: string,
  hello: string | undefined,
  begin: (id: string) => string,
  ends: readonly string[],
): Promise<FirstOfferClient> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocol, { perMessageDeflate: false });
  let id = 0;
  let told: (message: Buffer) => void = () => undefined;
  const ready = Promise.withResolvers<void>();
  let failed: (error: Error) => void = ready.reject;
  socket.on('message', (data: Buffer) => told(data));
  socket.on('error', (error) => failed(error));
  socket.on('close', () => failed(new Error('The socket was closed.')));
  socket.on('open', () => hello !== undefined && socket.send(hello));
  // Both protocols answer before anything is asked.
  told = () => ready.resolve();
  await ready.promise;
  return {
    first: () =>
      new Promise((resolve, reject) => {
        failed = reject;
        let ms = Number.NaN;
        const from = performance.now();
        told = (message) => {
          if (Number.isNaN(ms) && inJson(message)) ms = performance.now() - from;
          else if (ends.some((end) => message.includes(end))) {
            if (!Number.isNaN(ms)) resolve(ms);
            else reject(new Error(`The search ended without an offer: ${message.subarray(0, 300)}`));
          }
        };
        socket.send(begin(String(++id)));
      }),
    close: () => {
      failed = () => undefined;
      socket.close();
    },
  };
}

/** A gRPC call by HTTP/2 as Node has it, on one connection. */
function overHttp2(address: string, path: string, body: Buffer): FirstOfferClient {
  const session = connectHttp2(`http://${address}`);
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  return {
    first: () =>
      new Promise((resolve, reject) => {
        const hasOffer = enveloped(inProtobuf);
        const from = performance.now();
        let ms = Number.NaN;
        const stream = session.request(headers);
        stream.on('data', (chunk: Buffer) => {
          if (Number.isNaN(ms) && hasOffer(chunk)) ms = performance.now() - from;
        });
        stream.on('error', reject);
        stream.on('end', () => {
          if (!Number.isNaN(ms)) resolve(ms);
          else reject(new Error(`${path} was answered without an offer.`));
        });
        stream.end(body);
      }),
    close: () => session.destroy(),
  };
}

function overGrpc(address: string, search: Searched): FirstOfferClient {
  const { client, close } = createQueryClient(address);
  const asked = SearchRequest.fromJSON(search);
  return {
    first: async () => {
      const from = performance.now();
      let ms = Number.NaN;
      for await (const { update } of client.search(asked)) {
        if (Number.isNaN(ms) && (update?.upserts.length ?? 0) > 0) ms = performance.now() - from;
      }
      return ms;
    },
    close,
  };
}

const offerFields =
  'offerId partner productId price { total { amount currencyCode } } item { flight { stops durationMinutes departure { dateTime timeZone } arrival { dateTime timeZone } slices { segments { origin destination marketingCarrier } } } }';

/** A subscription that selects what a list of results shows. */
function subscriptionOf({ flight, ...options }: Searched): string {
  const literals = (fields: object): string =>
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
      .join(', ');
  return `subscription { search(flight: {${literals(flight)}}, ${literals(options)}) { searchId cursor snapshot complete upserts { ${offerFields} } retractedOfferIds page { offerIds } } }`;
}

/** Every client that tells offers as they come, by the name of its protocol. */
export async function streamClients(
  url: string,
  grpcAddress: string,
  search: Searched,
): Promise<Readonly<Record<string, FirstOfferClient>>> {
  const json = JSON.stringify(search);
  const rest = { method: 'POST', path: '/v1/searches', body: json } as const;
  const rpc = { method: 'POST', path: '/entrepot.query.v1.QueryService/Search' } as const;
  const bytes = Buffer.from(SearchRequest.encode(SearchRequest.fromJSON(search)).finish());
  const typed = (contentType: string, accept = contentType) => ({ 'content-type': contentType, accept });
  const query = subscriptionOf(search);
  const { flight, ...options } = search;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(flight)) parameters.set(`flight.${name}`, String(value));
  for (const [name, value] of Object.entries(options)) parameters.set(name, String(value));
  const events = () => textMessages('\n\n');
  return {
    sse: overHttp(url, { ...rest, headers: typed('application/json', 'text/event-stream') }, events),
    sse_by_address: overHttp(url, { method: 'GET', path: `/v1/searches:stream?${parameters}` }, events),
    ndjson: overHttp(url, { ...rest, headers: typed('application/json', 'application/x-ndjson') }, () =>
      textMessages('\n'),
    ),
    websocket: await overSocket(
      `${url}/v1/stream`,
      'entrepot.v1',
      undefined,
      (id) => `{"id":"${id}","method":"Search","request":${json}}`,
      ['"end":{}', '"problem":{'],
    ),
    graphql_sse: overHttp(
      url,
      {
        method: 'POST',
        path: '/graphql',
        headers: typed('application/json', 'text/event-stream'),
        body: JSON.stringify({ query }),
      },
      events,
    ),
    graphql_ws: await overSocket(
      `${url}/graphql`,
      'graphql-transport-ws',
      '{"type":"connection_init"}',
      (id) => JSON.stringify({ id, type: 'subscribe', payload: { query } }),
      ['"type":"complete"', '"type":"error"'],
    ),
    connect_json: overHttp(
      url,
      { ...rpc, headers: typed('application/connect+json'), body: envelopeOf(Buffer.from(json)) },
      () => enveloped(inJson),
    ),
    connect_binary: overHttp(
      url,
      { ...rpc, headers: typed('application/connect+proto'), body: envelopeOf(bytes) },
      () => enveloped(inProtobuf),
    ),
    grpc_web: overHttp(url, { ...rpc, headers: typed('application/grpc-web+proto'), body: envelopeOf(bytes) }, () =>
      enveloped(inProtobuf),
    ),
    grpc: overGrpc(grpcAddress, search),
    grpc_bare: overHttp2(grpcAddress, rpc.path, envelopeOf(bytes)),
  };
}

/** A client that is told one page, when the search is complete. */
export function pageClient(url: string, search: Searched): FirstOfferClient {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const sent = { method: 'POST', path: '/v1/searches', headers, body: JSON.stringify(search) } as const;
  // Its one message is complete with the answer: until then its end is not there.
  return overHttp(url, sent, () => {
    let offers = false;
    return (chunk) => {
      offers ||= inJson(chunk);
      return offers && chunk.at(-1) === 0x7d;
    };
  });
}

function envelopeOf(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
