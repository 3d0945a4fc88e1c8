import type { MeshContext } from './context.ts';

/** A message of the generated code: how to write and read it. */
export interface MessageType<Message> {
  /**
   * Writes into `writer`, into one of its own without; `finish` hands the bytes out and empties it. Its type is
   * BinaryWriter, which is declared twice, for ESM and for CommonJS, each of which refuses the other.
   */
  encode(message: Message, writer?: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** One RPC of a generated service definition. */
export interface MethodShape {
  readonly name: string;
  readonly requestType: MessageType<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<unknown>;
  readonly responseStream: boolean;
  readonly options: {
    readonly idempotencyLevel?: 'IDEMPOTENT' | 'NO_SIDE_EFFECTS';
    /** Options of our own as the generator leaves them: undecoded. libs/vertical reads them from the descriptors. */
    readonly _unknownFields?: object;
  };
}

/** A generated service definition, such as `QueryServiceDefinition`. */
export interface ServiceShape {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodShape>>;
}

/** The message that a message type reads and writes. */
export type MessageOf<Type> = Type extends { decode(bytes: Uint8Array): infer Message } ? Message : never;

/** How a service implements one RPC. Whole messages in and out; whatever is handed over is immutable from then on. */
export type MethodHandler<Method extends MethodShape> = Method['requestStream'] extends true
  ? Method['responseStream'] extends true
    ? (
        requests: AsyncIterable<MessageOf<Method['requestType']>>,
        context: MeshContext,
      ) => AsyncIterable<MessageOf<Method['responseType']>>
    : (
        requests: AsyncIterable<MessageOf<Method['requestType']>>,
        context: MeshContext,
      ) => Promise<MessageOf<Method['responseType']>>
  : Method['responseStream'] extends true
    ? (
        request: MessageOf<Method['requestType']>,
        context: MeshContext,
      ) => AsyncIterable<MessageOf<Method['responseType']>>
    : (request: MessageOf<Method['requestType']>, context: MeshContext) => Promise<MessageOf<Method['responseType']>>;

/** A service's implementation: one handler for each RPC, under the RPC's lowerCamelCase name. */
export type MeshImplementation<Definition extends ServiceShape> = {
  readonly [Name in keyof Definition['methods']]: MethodHandler<Definition['methods'][Name]>;
};

/** An RPC as the mesh knows it at run time. */
export interface Method {
  /** lowerCamelCase, as in the definition: "getRuleSet". */
  readonly key: string;
  /** "entrepot.pricing.v1.PricingService". */
  readonly service: string;
  /** "entrepot.pricing.v1.PricingService/GetRuleSet": the `rpc.method` of spans and metrics. */
  readonly fullName: string;
  /** "/entrepot.pricing.v1.PricingService/GetRuleSet". */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestType: MessageType<unknown>;
  readonly responseType: MessageType<unknown>;
}

/** The RPCs of a definition. */
export function methodsOf(definition: ServiceShape): Method[] {
  return Object.entries(definition.methods).map(([key, method]) => {
    const fullName = `${definition.fullName}/${method.name}`;
    return {
      key,
      service: definition.fullName,
      fullName,
      path: `/${fullName}`,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestType: method.requestType,
      responseType: method.responseType,
    };
  });
}
