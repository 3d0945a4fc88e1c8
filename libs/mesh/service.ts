import type { ClientTier } from './admission.ts';
import type { MeshImplementation, ServiceShape } from './definition.ts';

/** A service's implementation with its types forgotten: what a server can hold many of. */
export type AnyHandler = (request: unknown, context: unknown) => unknown;

/** A definition with its implementation, ready to be served. */
export interface MeshService {
  readonly definition: ServiceShape;
  readonly implementation: ReadonlyMap<string, AnyHandler>;
}

/** What `create<Name>Service` returns. */
export interface ServiceHandle {
  /** Short name: "pricing". */
  readonly name: string;
  readonly services: readonly MeshService[];
  /** Where the service knows its clients: how much each matters when not every call can be taken. */
  readonly tierOf?: (client: string) => ClientTier;
  /** Ends timers, stores and calls of the service's own. */
  close(): Promise<void>;
}

/** Binds an implementation (an object, or an instance of a class) to the definition that it implements. */
export function meshService<Definition extends ServiceShape>(
  definition: Definition,
  implementation: MeshImplementation<Definition>,
): MeshService {
  const handlers = new Map<string, AnyHandler>();
  for (const key of Object.keys(definition.methods)) {
    const handler = Reflect.get(implementation, key) as AnyHandler | undefined;
    if (typeof handler !== 'function') throw new TypeError(`${definition.fullName} has no implementation of ${key}`);
    handlers.set(key, handler.bind(implementation));
  }
  return { definition, implementation: handlers };
}
