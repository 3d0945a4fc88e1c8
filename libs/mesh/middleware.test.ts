import { Metadata } from 'nice-grpc-common';
import { expect, it } from 'vitest';
import { EntrepotError } from '../errors/index.ts';
import { Call } from './call.ts';
import { methodsOf } from './definition.ts';
import { begin, type Middleware } from './middleware.ts';
import { EchoDefinition } from './test-service.ts';

const newCall = () => new Call(methodsOf(EchoDefinition)[0]!, Metadata());
const refusal = new EntrepotError({ reason: 'OVERLOADED', message: 'no' });

/** A middleware that writes down what it sees. */
function note(log: unknown[], name: string): Middleware {
  return () => {
    log.push(`${name} begins`);
    return (error) => log.push(`${name} ends with ${error?.reason}`);
  };
}

it('begins in order and ends in reverse, once', () => {
  const log: unknown[] = [];
  const end = begin(newCall(), [note(log, 'a'), () => undefined, note(log, 'b')]);
  end(undefined);
  end(refusal);
  expect(log).toEqual(['a begins', 'b begins', 'b ends with undefined', 'a ends with undefined']);
});

it('tells those before a refusal, and nobody behind it', () => {
  const log: unknown[] = [];
  const refuse: Middleware = () => {
    throw refusal;
  };
  expect(() => begin(newCall(), [note(log, 'a'), refuse, note(log, 'b')])).toThrow(refusal);
  expect(log).toEqual(['a begins', 'a ends with OVERLOADED']);
});

it('cancels a call once, tells listeners at once, and nobody after the end', () => {
  const call = newCall();
  const heard: unknown[] = [];
  const unlisten = call.onCancel(() => heard.push('taken back'));
  call.onCancel((error) => heard.push(error.reason));
  unlisten();
  call.cancel(refusal);
  call.cancel(new EntrepotError({ reason: 'CANCELLED', message: '' }));
  call.onCancel((error) => heard.push(`late ${error.reason}`));
  expect(heard).toEqual(['OVERLOADED', 'late OVERLOADED']);
  expect(call.signal.reason).toBe(refusal);

  const over = newCall();
  over.onCancel(() => heard.push('never'));
  expect([over.end(), over.end()]).toEqual([true, false]);
  over.cancel(refusal);
  expect(over.cancelled).toBeUndefined();
  expect(over.signal.aborted).toBe(false);
  expect(heard).toHaveLength(2);
});
