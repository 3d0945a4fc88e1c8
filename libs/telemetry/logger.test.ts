import { ROOT_CONTEXT } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { logger, redirectLogs, withTrace } from './logger.ts';
import { contextFromTraceparent } from './trace-context.ts';

let lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines = [];
  redirectLogs({ write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
});
afterEach(() => redirectLogs({ write: () => {} }, 'silent'));

it('writes one JSON line with name, level and time', () => {
  logger('query').info({ partners: 3 }, 'searched');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ name: 'query', level: 'info', msg: 'searched', partners: 3 });
  expect(Date.parse(lines[0]?.time as string)).not.toBeNaN();
});

it('carries the trace of the context', () => {
  const log = withTrace(logger('query'), contextFromTraceparent(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`));
  log.info('here');
  expect(lines[0]).toMatchObject({ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
});

it('carries no trace where there is none', () => {
  withTrace(logger('query'), ROOT_CONTEXT).info('here');
  expect(lines[0]).not.toHaveProperty('trace_id');
});

it('never writes what lies under a key that names a secret', () => {
  const secret = 'hunter2';
  logger('supply').info({
    authorization: secret,
    token: secret,
    headers: { authorization: secret, cookie: secret, 'api-key': secret, 'x-signature': secret, accept: 'json' },
    account: { credentials: { password: secret, secret, apiKey: secret } },
  });
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(lines[0]).toMatchObject({ headers: { accept: 'json' } });
});

it('writes the stack of an error', () => {
  logger('query').error({ err: new Error('broken') }, 'failed');
  expect(lines[0]).toMatchObject({ err: { type: 'Error', message: 'broken' } });
  expect(JSON.stringify(lines[0])).toContain('logger.test');
});
