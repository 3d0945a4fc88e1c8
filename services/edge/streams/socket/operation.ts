// One operation on a socket: called like any other, and told by its id.
import { SpanKind, trace } from '@opentelemetry/api';
import type { Identity } from '../../../../libs/clients/index.ts';
import { EntrepotError, invalidField, toEntrepotError } from '../../../../libs/errors/index.ts';
import { contextFromTraceparent, tracer } from '../../../../libs/telemetry/index.ts';
import { checkShape } from '../../../../libs/vertical/index.ts';
import type { Caller } from '../../api/caller.ts';
import { type PublicMethod, publicMethods } from '../../api/method.ts';
import { type EdgeCall, endCall } from '../../call.ts';
import { type PatienceLimits, patienceOf } from '../../deadline.ts';
import type { Door } from '../../door.ts';
import { originOf } from '../../rest/errors.ts';
import { problemOf } from '../../rest/problem.ts';
import { eventOf } from '../event.ts';
import { endText, eventParts, problemText, resultText } from './frames.ts';
import type { Begin } from './message.ts';
import type { Outbox } from './outbox.ts';

/** The client's own wish to end an operation. */
export const cancelledByClient = new EntrepotError({
  reason: 'CANCELLED',
  message: 'The client cancelled the operation.',
});

/**
 * Runs an operation and tells the client what comes of it, to its end. Never throws.
 * @param signal aborted to end it, with why
 */
export async function runOperation(
  begin: Begin,
  { api, patience }: Door,
  outbox: Outbox,
  identity: Identity,
  socketCall: EdgeCall,
  signal: AbortSignal,
): Promise<string> {
  const call = operationCall(begin, socketCall, signal);
  try {
    const method = methodNamed(begin.method);
    checkShape(method.input, begin.request);
    const caller: Caller = {
      identity,
      protocol: 'websocket',
      timeoutMs: timeoutOf(begin.timeoutMs, method, patience),
      signal,
      trace: call.trace,
      requestId: call.requestId,
    };
    const request = method.request.fromJSON(begin.request);
    if (!method.streams) {
      const result = resultText(begin.id, method.response.toJSON(await api.unary(method, request, caller)));
      await outbox.room();
      endCall(call, 200);
      return result;
    }
    await tell(begin.id, api.stream(method, request, caller), outbox, signal);
    endCall(call, 200);
    return endText(begin.id);
  } catch (thrown) {
    const error = toEntrepotError(thrown);
    endCall(call, problemOf(error).status);
    return error === cancelledByClient ? endText(begin.id) : problemText(begin.id, error, originOf(call));
  }
}

/** Nothing is pulled while the client has not read what there is: it waits where it is merged. */
async function tell(
  id: string,
  messages: AsyncGenerator<object, void>,
  outbox: Outbox,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await outbox.room();
      signal.throwIfAborted();
      const next = await messages.next();
      if (next.done === true) return;
      const event = eventOf(next.value);
      if (event === undefined) continue;
      // Another operation of the socket may have filled it meanwhile.
      await outbox.room();
      signal.throwIfAborted();
      outbox.send(...eventParts(id, event));
    }
  } catch (thrown) {
    // Who watches over the stream is told why it ended; it may be over already, and then is not interested.
    await messages.throw(toEntrepotError(thrown)).catch(() => undefined);
    throw thrown;
  }
}

let names: ReadonlyMap<string, PublicMethod> | undefined;

function methodNamed(name: string): PublicMethod {
  names ??= new Map(
    [...publicMethods().values()].flatMap((method) => [
      [method.name, method],
      [method.fullName, method],
    ]),
  );
  const method = names.get(name);
  if (method !== undefined) return method;
  throw new EntrepotError({
    reason: 'UNKNOWN_METHOD',
    message: `There is no method "${name.slice(0, 100)}"; there are ${[...publicMethods().values()].map((one) => one.name).join(', ')}.`,
  });
}

/** Who follows does so for as long as there is something to follow. */
function timeoutOf(said: number | undefined, method: PublicMethod, limits: PatienceLimits): number {
  if (said === undefined) return method.streams && method.safe ? limits.maxMs : limits.defaultMs;
  try {
    return patienceOf(String(said), limits);
  } catch (error) {
    throw invalidField('timeoutMs', toEntrepotError(error).violations[0]?.description ?? '');
  }
}

/** The operation as a request of its own: a socket may live for days, and is no trace. */
function operationCall({ method, id, traceparent }: Begin, socket: EdgeCall, signal: AbortSignal): EdgeCall {
  const parent = contextFromTraceparent(traceparent, undefined);
  const name = publicName(method);
  const span = tracer.startSpan(
    `WEBSOCKET ${name}`,
    { kind: SpanKind.SERVER, attributes: { 'rpc.method': name } },
    parent,
  );
  return {
    ...socket,
    trace: trace.setSpan(parent, span),
    span,
    requestId: `${socket.requestId}/${id}`,
    startedAt: performance.now(),
    gone: signal,
  };
}

/** A name of ours, since names of spans must be few. */
function publicName(method: string): string {
  const short = method.slice(method.lastIndexOf('/') + 1);
  return [...publicMethods().values()].some(({ name }) => name === short) ? short : 'unknown';
}
