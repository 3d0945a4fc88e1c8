// The contracts are held against the last released image: a change that breaks its readers does not pass.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const buf = join(root, 'node_modules/.bin/buf');
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'entrepot-contracts-'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs buf breaking on a copy of the contracts in which one text stands for another. */
function breakingWith(
  file: string,
  from: string,
  to: string,
): { readonly status: number | null; readonly output: string } {
  cpSync(join(root, 'proto'), join(copy, 'proto'), { recursive: true });
  cpSync(join(root, 'buf.yaml'), join(copy, 'buf.yaml'));
  const path = join(copy, 'proto', file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} no longer contains ${JSON.stringify(from)}`);
  writeFileSync(path, text.replace(from, to));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [buf, 'breaking', '--against', join(root, 'proto/released.binpb')],
    {
      cwd: copy,
      encoding: 'utf8',
    },
  );
  return { status, output: stdout + stderr };
}

test('the contracts as they stand break nobody', () => {
  expect(() =>
    execFileSync(process.execPath, [buf, 'breaking', '--against', 'proto/released.binpb'], {
      cwd: root,
      stdio: 'pipe',
    }),
  ).not.toThrow();
});

test.each([
  ['a field that changes its number', 'entrepot/type/v1/money.proto', 'string amount = 2', 'string amount = 3'],
  ['a field that changes its type', 'entrepot/query/v1/query.proto', 'uint32 total_size = 3', 'string total_size = 3'],
  [
    'a method that goes',
    'entrepot/normalization/v1/normalization.proto',
    '  rpc Resolve(ResolveRequest) returns (ResolveResponse);\n',
    '',
  ],
  ['an enum value that changes its name', 'entrepot/offer/v1/flight.proto', 'CABIN_FIRST = 4', 'CABIN_SUITE = 4'],
])('refuses %s', (_what, file, from, to) => {
  const { status, output } = breakingWith(file, from, to);
  expect(status, output).toBe(100);
  expect(output).toContain(file);
});
