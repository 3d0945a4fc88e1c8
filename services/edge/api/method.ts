// The public API, read from the contracts: every RPC that carries the option entrepot.type.v1.public.
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { EdgeServiceDefinition } from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import { NormalizationServiceDefinition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { QueryServiceDefinition } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { Permission, permissionFromJSON } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import type { ReasonName } from '../../../libs/errors/index.ts';
import { descriptors, docOf, readOption } from '../../../libs/vertical/index.ts';

/** A message of the generated code in both of its encodings. */
export interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  fromJSON(json: unknown): object;
  toJSON(message: unknown): unknown;
}

/** How a method is reached over HTTP. */
export interface HttpBinding {
  readonly verb: 'GET' | 'POST';
  /** "/v1/searches/{search_id}:explain". */
  readonly path: string;
  /** Fields in the path, by proto name, in order. */
  readonly pathFields: readonly string[];
  /** The field of the response that is the body; undefined for all of it. */
  readonly responseBody: string | undefined;
}

/** One RPC of the public API, as every protocol offers it. */
export interface PublicMethod {
  /** "entrepot.query.v1.QueryService/GetPage". */
  readonly fullName: string;
  /** "entrepot.query.v1.QueryService". */
  readonly service: string;
  /** "GetPage". */
  readonly name: string;
  /** Its function's name in a typed client: "getPage". */
  readonly key: string;
  readonly doc: string;
  /** Answers with a stream of messages. */
  readonly streams: boolean;
  /** Calling it changes nothing, so that it may be repeated and its answer kept: its binding is a GET. */
  readonly safe: boolean;
  readonly descriptor: DescMethod;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly request: Codec;
  readonly response: Codec;
  readonly http: HttpBinding;
  /** What a client must be permitted; UNSPECIFIED for nothing. */
  readonly permission: Permission;
  /** Points of the client's budget, beyond what its request and time cost. */
  readonly cost: number;
  /** Reasons that it may be refused with, beyond those of every call. */
  readonly errors: readonly ReasonName[];
  /** A request by example; undefined where none is stated. */
  readonly example: unknown;
}

/** The services of which some RPC is public. */
export const publicServices = [
  QueryServiceDefinition,
  NormalizationServiceDefinition,
  SupplyServiceDefinition,
  EdgeServiceDefinition,
] as const;

let methods: ReadonlyMap<string, PublicMethod> | undefined;

/** Every public RPC by its full name, in the order of the contracts. */
export function publicMethods(): ReadonlyMap<string, PublicMethod> {
  methods ??= new Map(
    publicServices.flatMap((definition) =>
      Object.entries(definition.methods).flatMap(([key, shape]) => {
        const method = publicMethod(definition.fullName, key, shape);
        return method === undefined ? [] : [[method.fullName, method] as const];
      }),
    ),
  );
  return methods;
}

/** The public RPC of a full name that is known to exist. A name that does not is a defect of the edge. */
export function requireMethod(fullName: string): PublicMethod {
  const method = publicMethods().get(fullName);
  if (method === undefined) throw new Error(`${fullName} is not public.`);
  return method;
}

interface Shape {
  readonly name: string;
  readonly requestType: unknown;
  readonly responseType: unknown;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

function publicMethod(service: string, key: string, shape: Shape): PublicMethod | undefined {
  const descriptor = descriptors()
    .getService(service)
    ?.methods.find(({ name }) => name === shape.name);
  if (descriptor === undefined) throw new Error(`The descriptors lack ${service}/${shape.name}.`);
  const option = readOption(descriptor, 'entrepot.type.v1.public');
  if (option === undefined) return undefined;
  if (shape.requestStream) throw new Error(`${service}/${shape.name} takes a stream and cannot be public.`);
  const http = bindingOf(descriptor, String(option('http')), String(option('response_body')));
  return {
    fullName: `${service}/${shape.name}`,
    service,
    name: shape.name,
    key,
    doc: docOf(descriptor),
    streams: shape.responseStream,
    safe: http.verb === 'GET',
    descriptor,
    input: descriptor.input,
    output: descriptor.output,
    request: shape.requestType as Codec,
    response: shape.responseType as Codec,
    http,
    permission: permissionFromJSON(option('permission')) ?? Permission.UNSPECIFIED,
    cost: Number(option('cost')),
    errors: reasonsOf(option('errors')),
    example: option('example') === '' ? undefined : JSON.parse(String(option('example'))),
  };
}

function bindingOf(method: DescMethod, text: string, responseBody: string): HttpBinding {
  const [, verb, path] = /^(GET|POST) (\/\S+)$/.exec(text) ?? [];
  if (verb === undefined || path === undefined) throw new Error(`${method.toString()}: "${text}" is no HTTP binding.`);
  return {
    verb: verb as 'GET' | 'POST',
    path,
    pathFields: [...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field as string),
    responseBody: responseBody === '' ? undefined : responseBody,
  };
}

function reasonsOf(list: unknown): ReasonName[] {
  const reasons = descriptors().getEnum('entrepot.type.v1.ErrorReason');
  return [...(list as Iterable<number>)].map(
    (number) => reasons?.value[number]?.name.replace('ERROR_REASON_', '') as ReasonName,
  );
}
