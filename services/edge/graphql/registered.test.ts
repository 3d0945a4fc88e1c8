import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Identity, loadClients } from '../../../libs/clients/index.ts';
import { ConfigError } from '../../../libs/config/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { hashOf } from './persisted.ts';
import { checkOperations, LiveOperations, loadOperations } from './registered.ts';
import { GraphqlServer } from './server.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'operations-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(client: string, name: string, text: string): string {
  const file = path.join(directory, 'operations', client, `${name}.graphql`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const one = 'query One($id: String!) { getOffer(offerId: $id) { partner } }';
const other = 'query One($id: String!) { getOffer(offerId: $id) { productId } }';

const identityOf = (client: string, persistedOnly: boolean): Identity => ({
  client,
  permissions: new Set(),
  markets: undefined,
  partners: undefined,
  views: undefined,
  budget: undefined,
  streams: undefined,
  origins: [],
  development: false,
  persistedOnly,
});

test('an operation is found by its name and its hash: a client’s own first, then everybody’s', () => {
  write('any', 'one', one);
  write('app', 'one', other);
  const operations = loadOperations(directory);
  expect(operations.textOf('app', 'one')).toBe(other);
  expect(operations.textOf('web', 'one')).toBe(one);
  expect(operations.textOf('app', hashOf(one))).toBe(one);
  expect(operations.textOf('web', hashOf(other))).toBeUndefined();
});

test('without the folder there is none', () => {
  expect(loadOperations(directory).textOf('app', 'one')).toBeUndefined();
});

test('what does not fit the schema is told with file, line and column', () => {
  const wrong = write('any', 'wrong', 'query {\n  getOffer(offerId: "1") { prise }\n}');
  const broken = write('app', 'broken', 'query {');
  const two = write('app', 'two', 'query A { getCaller { client } } query B { getCaller { client } }');
  expect(checkOperations(directory)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ file: wrong, line: 2, column: 28, reason: expect.stringContaining('prise') }),
      expect.objectContaining({ file: broken, line: 1, column: 8 }),
      expect.objectContaining({ file: two, reason: expect.stringContaining('A, B') }),
    ]),
  );
  expect(() => loadOperations(directory)).toThrow(ConfigError);
});

test('a client of registered operations alone may send nothing else, by text, name or hash', () => {
  write('app', 'one', one);
  const server = new GraphqlServer({ operations: loadOperations(directory) });
  const run = (sent: object, client = 'app', persistedOnly = true): number =>
    server.operation({ ...sent, variables: { id: 'o1' } }, identityOf(client, persistedOnly)).fields.length;
  expect(run({ documentId: 'one' })).toBe(1);
  expect(run({ documentId: `sha256:${hashOf(one)}` })).toBe(1);
  expect(run({ query: one })).toBe(1);
  expect(run({ query: other }, 'app', false)).toBe(1);
  expect(() => run({ query: other })).toThrow(expect.objectContaining({ reason: 'OPERATION_NOT_FOUND' }));
  // Somebody else's document, kept under its hash, is none that is registered.
  const hashed = { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(other) } } };
  expect(run({ query: other, ...hashed }, 'web', false)).toBe(1);
  expect(() => run(hashed)).toThrow(expect.objectContaining({ reason: 'OPERATION_NOT_FOUND' }));
  expect(() => run({ documentId: 'one' }, 'web', false)).toThrow(
    expect.objectContaining({ reason: 'OPERATION_NOT_FOUND' }),
  );
});

test('clients.yaml says who may send registered operations alone', () => {
  writeFileSync(path.join(directory, 'clients.yaml'), 'clients: { app: { persisted_only: true }, web: {} }\n');
  const clients = loadClients(directory);
  expect([clients.identityOf('app').persistedOnly, clients.identityOf('web').persistedOnly]).toEqual([true, undefined]);
});

test('files are read again, and one that cannot be used leaves what was there', () => {
  write('any', 'one', one);
  const log = logger('operations-test');
  const error = vi.spyOn(log, 'error').mockReturnValue();
  const live = new LiveOperations(directory, log);
  write('any', 'one', other);
  live.reload();
  expect([live.textOf('app', 'one'), error.mock.calls.length]).toEqual([other, 0]);
  write('any', 'one', 'query {');
  live.reload();
  expect([live.textOf('app', 'one'), error.mock.calls.length]).toEqual([other, 1]);
  live.close();
});
