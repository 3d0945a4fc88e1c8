import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hashOfKey, loadClients } from '../../libs/clients/index.ts';
import { clientCommand } from './client-command.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'clients-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});
const write = (text: string): void => writeFileSync(path.join(directory, 'clients.yaml'), text);

async function run(...args: string[]): Promise<string> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  await clientCommand().parseAsync([...args, '--config', directory], { from: 'user' });
  return stripVTControlCharacters(printed.mock.calls.flat().join('\n'));
}

test('a key is printed once, with lines that make clients.yaml know it', async () => {
  const text = await run('key', 'partner-app', '--expires', '90d');
  const [key = ''] = text.split('\n');
  write(text.slice(text.indexOf('clients:\n')));
  const clients = loadClients(directory);
  expect(clients.keys).toEqual([
    expect.objectContaining({ client: 'partner-app', hash: hashOfKey(key), expiresAt: expect.any(Number) }),
  ]);
  expect(text.slice(key.length)).not.toContain(key);
  expect(await run('list')).toMatch(
    /partner-app +standard +SEARCH +all +all +unlimited +unlimited +own +k[0-9a-f]{8} \(until /,
  );
});

test('scripts are given a key as one document', async () => {
  const document = JSON.parse(await run('key', 'shop', '--json')) as Record<string, string>;
  expect(document).toEqual({
    client: 'shop',
    key: expect.stringMatching(/^ek_k[0-9a-f]{8}_/),
    id: expect.any(String),
    hash: hashOfKey(document.key ?? ''),
    created: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
});

test('the list says whose keys have run out, and never a hash', async () => {
  write(`clients:
  shop:
    permissions: all
    budget: { capacity: 100, refill_per_second: 2 }
    markets: [GB, DE]
    keys: [{ id: old, hash: '${hashOfKey('a')}', expires: 2020-01-01 }, { id: new, hash: '${hashOfKey('b')}' }]
`);
  const text = await run('list');
  expect(text).toMatch(/shop +standard +all +GB, DE +all +100, 2\/s +unlimited +own +old \(expired 2020-01-01\), new/);
  expect(text).not.toContain('sha256');
  const [shop] = JSON.parse(await run('list', '--json').then((all) => all.slice(all.indexOf('[\n')))) as {
    keys: unknown;
  }[];
  expect(shop?.keys).toEqual([
    { id: 'old', expires: '2020-01-01', state: 'expired' },
    { id: 'new', state: 'valid' },
  ]);
});

test('a file that cannot be used is said with its place', async () => {
  write('clients:\n  shop: { keys: 1 }');
  await expect(run('list')).rejects.toThrow(/clients\.yaml:2:17/);
});
