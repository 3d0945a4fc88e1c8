// One call by every protocol of the edge, for tests of what it is refused with. Requests are given as the protobuf JSON mapping.
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect';
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
  /** How long is waited for an answer: milliseconds, or what is none. Default: nothing is said. */
  readonly timeout?: string;
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
      headers: {
        accept,
        ...(http.verb !== 'GET' && { 'content-type': 'application/json' }),
        ...(asked.timeout !== undefined && { 'entrepot-timeout-ms': asked.timeout }),
      },
      ...(http.verb !== 'GET' && { body: JSON.stringify(rest) }),
    });
    const text = await response.text();
    if (response.ok) throw new Error(`Answered with ${response.status}: ${text}`);
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

const overSocket: Protocol = async ({ method, request, timeout }, { edgeUrl }) => {
  const socket = new WebSocket(`${edgeUrl.replace('http', 'ws')}/v1/stream`, 'entrepot.v1');
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Refused>();
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The socket was closed.')));
    socket.on('message', (data) => {
      const said = JSON.parse(String(data)) as { readonly ready?: object; readonly problem?: ProblemJson };
      if (said.problem !== undefined) resolve(ofProblem(said.problem));
      else if (said.ready !== undefined) {
        const timeoutMs = timeout !== undefined && { timeoutMs: /^[\d.-]+$/.test(timeout) ? Number(timeout) : timeout };
        socket.send(JSON.stringify({ id: '1', method, request, ...timeoutMs }));
      } else reject(new Error(`Answered with ${String(data)}`));
    });
    return await promise;
  } finally {
    socket.terminate();
  }
};

const overGraphql: Protocol = async ({ method, request, timeout }, { edgeUrl }) => {
  const { http, streams } = methodOf({ method, request });
  const kind =
    method === 'Search' || (http.verb === 'GET' && !streams) ? 'query' : streams ? 'subscription' : 'mutation';
  const field = `${method.charAt(0).toLowerCase()}${method.slice(1)}`;
  const given = Object.entries(request).map(([name, value]) => `${name}: ${literal(value)}`);
  const query = `${kind} { ${field}${given.length === 0 ? '' : `(${given.join(', ')})`} { __typename } }`;
  const response = await fetch(`${edgeUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: kind === 'subscription' ? 'text/event-stream' : 'application/graphql-response+json',
      ...(timeout !== undefined && { 'entrepot-timeout-ms': timeout }),
    },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? text : (/^data: ?(\{.*"errors".*)$/m.exec(text)?.[1] ?? text);
  const { data, errors } = JSON.parse(json) as {
    readonly data?: object;
    readonly errors?: readonly { readonly extensions: ProblemJson & { readonly code: string } }[];
  };
  if (errors?.[0] === undefined) throw new Error(`Answered with ${text}`);
  const { extensions } = errors[0];
  // GraphQL over HTTP: what was begun is answered with 200, whatever came of it; what was not with its own status.
  const status = kind === 'subscription' || data !== undefined ? 200 : extensions.status;
  if (response.status !== status) throw new Error(`Answered with ${response.status}, not ${status}: ${text}`);
  return ofProblem(extensions);
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
      Record<string, (request: object, options: object) => Promise<object> & AsyncIterable<object>>
    >;
    const request = fromJson(method.input, asked.request as JsonValue, { registry: descriptors() });
    try {
      const answer = client[method.localName]?.(request, { headers: timeoutHeaders(asked) });
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

/** As headers: told as options, the client would be the one that gives up. */
function timeoutHeaders({ timeout }: Asked): Record<string, string> {
  return timeout === undefined ? {} : { 'connect-timeout-ms': timeout, 'grpc-timeout': `${timeout}m` };
}

/** Connect in JSON without a client: what generated code could not send is sent as well. */
const overRawConnect: Protocol = async (asked, { edgeUrl }) => {
  const { fullName, streams } = methodOf(asked);
  const message = Buffer.from(JSON.stringify(asked.request));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const response = await fetch(`${edgeUrl}/${fullName}`, {
    method: 'POST',
    headers: { 'content-type': streams ? 'application/connect+json' : 'application/json', ...timeoutHeaders(asked) },
    body: streams ? Buffer.concat([head, message]) : message,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const json = JSON.parse((streams ? bytes.subarray(5, 5 + bytes.readUInt32BE(1)) : bytes).toString()) as
    | ConnectJson
    | { error: ConnectJson };
  const { code, details = [] } = 'error' in json ? json.error : json;
  const detail = (type: string): Buffer | undefined => {
    const found = details.find((one) => one.type === type);
    return found && Buffer.from(found.value, 'base64');
  };
  const info = detail('google.rpc.ErrorInfo');
  if (info === undefined) throw new Error(`Answered with ${bytes}`);
  const wrong = detail('google.rpc.BadRequest');
  const name = code.toUpperCase() as keyof typeof Status;
  // A stream is answered, whatever comes of it.
  const status = streams ? 200 : codeToHttpStatus(Status[name] as number);
  if (response.status !== status) throw new Error(`Answered with ${response.status}, not ${status}: ${bytes}`);
  return {
    reason: ErrorInfo.decode(info).reason,
    fields: wrong === undefined ? [] : fieldsOf(BadRequest.decode(wrong).fieldViolations),
    code: name,
  };
};

interface ConnectJson {
  readonly code: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

const grpcClients = new Map<string, Connection<typeof QueryServiceDefinition>>();

const overGrpc: Protocol = async (asked, { grpcAddress }) => {
  const made = grpcClients.get(grpcAddress) ?? connect(QueryServiceDefinition, { address: grpcAddress });
  grpcClients.set(grpcAddress, made);
  const method = methodOf(asked);
  const client = made.client as unknown as Readonly<
    Record<string, (request: object, options: object) => Promise<object> & AsyncIterable<object>>
  >;
  try {
    const answer = client[`${asked.method.charAt(0).toLowerCase()}${asked.method.slice(1)}`]?.(
      method.request.fromJSON(asked.request),
      asked.timeout === undefined ? {} : { timeoutMs: Number(asked.timeout) },
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
  'Connect JSON, by hand': overRawConnect,
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
