// One call by every protocol of the edge, for tests of what it is refused with. Requests are given as the protobuf JSON mapping.
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { Status } from 'nice-grpc-common';
import { BadRequest, ErrorInfo } from 'nice-grpc-error-details';
import { WebSocket } from 'ws';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { type Connection, connect } from '../../libs/mesh/index.ts';
import { descriptors } from '../../libs/vertical/index.ts';
import { type PublicMethod, publicMethods } from '../../services/edge/api/method.ts';
import type { ProblemJson } from './fused-rig.ts';

/** A call. */
export interface Asked {
  /** Of the query service: "GetPage". */
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** What a call was refused with. */
export interface Refused {
  readonly reason: string;
  /** Fields that are wrong, in order of name. */
  readonly fields: readonly string[];
  /** "INVALID_ARGUMENT". */
  readonly code: string;
  /** The status, where the protocol answers with one of HTTP's. */
  readonly http?: number;
}

/** Where the edge is. */
export interface Addresses {
  readonly edgeUrl: string;
  readonly grpcAddress: string;
}

/** A protocol: makes a call that is refused. Throws where it is answered, or refused without a reason. */
export type Protocol = (asked: Asked, at: Addresses) => Promise<Refused>;

const service = 'entrepot.query.v1.QueryService';

function methodOf({ method }: Asked): PublicMethod {
  const found = publicMethods().get(`${service}/${method}`);
  if (found === undefined) throw new Error(`There is no public method ${method}.`);
  return found;
}

function ofProblem({ reason, violations = [], ...rest }: ProblemJson & { readonly code?: string }): Refused {
  return { reason, fields: fieldsOf(violations), code: rest.code ?? '', http: rest.status };
}

function fieldsOf(violations: readonly { readonly field: string }[]): string[] {
  return violations.map(({ field }) => field).sort();
}

/** By its HTTP binding, with what is to be accepted. */
function overHttp(accept: string): Protocol {
  return async (asked, { edgeUrl }) => {
    const { http } = methodOf(asked);
    const rest = { ...asked.request };
    const path = http.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const key = name.replace(/_(\w)/g, (_under, letter: string) => letter.toUpperCase());
      const value = String(rest[key]);
      delete rest[key];
      return encodeURIComponent(value);
    });
    const query = http.verb === 'GET' ? parametersOf(rest).toString() : '';
    const response = await fetch(`${edgeUrl}${path}${query === '' ? '' : `?${query}`}`, {
      method: http.verb,
      headers: { accept, ...(http.verb !== 'GET' && { 'content-type': 'application/json' }) },
      ...(http.verb !== 'GET' && { body: JSON.stringify(rest) }),
    });
    const text = await response.text();
    const problem = JSON.parse(text) as ProblemJson;
    if (problem.status !== response.status) throw new Error(`Answered with ${response.status}: ${text}`);
    return ofProblem(problem);
  };
}

function parametersOf(request: Readonly<Record<string, unknown>>, prefix = ''): URLSearchParams {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (typeof value !== 'object' || value === null) made.append(prefix + name, String(value));
    else if (name === 'options') for (const [key, one] of Object.entries(value)) made.append(key, String(one));
    else throw new Error(`${name} is not written as a parameter here.`);
  }
  return made;
}

const overSocket: Protocol = async ({ method, request }, { edgeUrl }) => {
  const socket = new WebSocket(`${edgeUrl.replace('http', 'ws')}/v1/stream`, 'entrepot.v1');
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Refused>();
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The socket was closed.')));
    socket.on('message', (data) => {
      const said = JSON.parse(String(data)) as { readonly ready?: object; readonly problem?: ProblemJson };
      if (said.problem !== undefined) resolve(ofProblem(said.problem));
      else if (said.ready !== undefined) socket.send(JSON.stringify({ id: '1', method, request }));
      else reject(new Error(`Answered with ${String(data)}`));
    });
    return await promise;
  } finally {
    socket.terminate();
  }
};

const overGraphql: Protocol = async ({ method, request }, { edgeUrl }) => {
  const { http, streams } = methodOf({ method, request });
  const kind =
    method === 'Search' || (http.verb === 'GET' && !streams) ? 'query' : streams ? 'subscription' : 'mutation';
  const field = `${method.charAt(0).toLowerCase()}${method.slice(1)}`;
  const given = Object.entries(request).map(([name, value]) => `${name}: ${literal(value)}`);
  const query = `${kind} { ${field}${given.length === 0 ? '' : `(${given.join(', ')})`} { __typename } }`;
  const response = await fetch(`${edgeUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? text : (/^data: ?(\{.*"errors".*)$/m.exec(text)?.[1] ?? text);
  const { errors } = JSON.parse(json) as {
    readonly errors?: readonly { readonly extensions: ProblemJson & { readonly code: string } }[];
  };
  if (errors?.[0] === undefined) throw new Error(`Answered with ${text}`);
  return ofProblem(errors[0].extensions);
};

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  // Names of enums stand without quotes.
  if (typeof value === 'string' && /^CONVERSION_STATUS_/.test(value)) return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, one]) => `${name}: ${literal(one)}`)
    .join(', ')}}`;
}

/** With a generated client: a request that its messages cannot hold cannot be sent. */
function overConnect(make: (baseUrl: string) => Transport): Protocol {
  return async (asked, { edgeUrl }) => {
    const described = descriptors().getService(service);
    const method = described?.methods.find(({ name }) => name === asked.method);
    if (described === undefined || method === undefined) throw new Error(`There is no method ${asked.method}.`);
    const client = createClient(described, make(edgeUrl)) as unknown as Readonly<
      Record<string, (request: object) => Promise<object> & AsyncIterable<object>>
    >;
    const request = fromJson(method.input, asked.request as JsonValue, { registry: descriptors() });
    try {
      const answer = client[method.localName]?.(request);
      if (method.methodKind === 'unary') await answer;
      else for await (const _message of answer ?? []) break;
    } catch (thrown) {
      const { code, details } = ConnectError.from(thrown);
      const bytes = (type: string): Uint8Array | undefined => {
        const found = details.find((one) => 'type' in one && one.type === type);
        return found !== undefined && 'type' in found ? found.value : undefined;
      };
      const info = bytes('google.rpc.ErrorInfo');
      if (info === undefined) throw thrown;
      const wrong = bytes('google.rpc.BadRequest');
      return {
        reason: ErrorInfo.decode(info).reason,
        fields: wrong === undefined ? [] : fieldsOf(BadRequest.decode(wrong).fieldViolations),
        code: Status[code] ?? '',
      };
    }
    throw new Error('It was answered.');
  };
}

const grpcClients = new Map<string, Connection<typeof QueryServiceDefinition>>();

const overGrpc: Protocol = async (asked, { grpcAddress }) => {
  const made = grpcClients.get(grpcAddress) ?? connect(QueryServiceDefinition, { address: grpcAddress });
  grpcClients.set(grpcAddress, made);
  const method = methodOf(asked);
  const client = made.client as unknown as Readonly<
    Record<string, (request: object) => Promise<object> & AsyncIterable<object>>
  >;
  try {
    const answer = client[`${asked.method.charAt(0).toLowerCase()}${asked.method.slice(1)}`]?.(
      method.request.fromJSON(asked.request),
    );
    if (!method.streams) await answer;
    else for await (const _message of answer ?? []) break;
  } catch (thrown) {
    if (!(thrown instanceof EntrepotError)) throw thrown;
    return { reason: thrown.reason, fields: fieldsOf(thrown.violations), code: Status[thrown.code] ?? '' };
  }
  throw new Error('It was answered.');
};

/** Every protocol by its name. */
export const protocols = {
  REST: overHttp('application/json'),
  SSE: overHttp('text/event-stream'),
  NDJSON: overHttp('application/x-ndjson'),
  WebSocket: overSocket,
  GraphQL: overGraphql,
  'Connect JSON': overConnect((baseUrl) => createConnectTransport({ baseUrl })),
  'Connect binary': overConnect((baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true })),
  'gRPC-Web': overConnect((baseUrl) => createGrpcWebTransport({ baseUrl })),
  gRPC: overGrpc,
} as const satisfies Readonly<Record<string, Protocol>>;

/** Name of a protocol. */
export type ProtocolName = keyof typeof protocols;

/** Closes what was opened for them. */
export async function closeProtocols(): Promise<void> {
  for (const { close } of grpcClients.values()) await close();
  grpcClients.clear();
}
