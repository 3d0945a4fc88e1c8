import type { MethodDefinition, ServiceDefinition } from 'nice-grpc';
import { type MessageType, methodsOf, type ServiceShape } from './definition.ts';

/** A generated definition as nice-grpc takes it, but without its copy of every message by `fromPartial`. */
export function grpcDefinition(definition: ServiceShape): ServiceDefinition {
  const methods: Record<string, MethodDefinition<unknown, unknown, unknown, unknown>> = {};
  for (const method of methodsOf(definition)) {
    methods[method.key] = {
      path: method.path,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestSerialize: writer(method.requestType),
      requestDeserialize: (bytes) => method.requestType.decode(bytes),
      responseSerialize: writer(method.responseType),
      responseDeserialize: (bytes) => method.responseType.decode(bytes),
      options: {},
    };
  }
  return methods;
}

function writer(type: MessageType<unknown>): (message: unknown) => Uint8Array {
  return (message) => type.encode(message).finish();
}
