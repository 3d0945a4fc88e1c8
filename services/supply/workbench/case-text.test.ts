import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { folderOf, openOffline } from './bench.ts';
import type { Expectation } from './case-file.ts';
import { caseText, updatedText } from './case-text.ts';
import { loadCases, resultOf } from './cases.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-text-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const root = join(import.meta.dirname, '../../..');

const actual: Expectation = {
  outcome: 'OK',
  requests: [`POST /quotes?text=${'a long word '.repeat(20)}`],
  received: 1,
  kept: 1,
  rejections: {},
  offers: [
    { id: '007', note: 'it\'s: "so", # and $\u007bHOME}\nand more\n', price: { total: '1.00' }, on: '2027-01-01' },
  ],
  digest: 'abc',
  handoff: { url: `https://shop.example/${'x'.repeat(200)}?a=b&c=d` },
};

function updated(text: string): string {
  const file = join(scratch, 'case.yaml');
  writeFileSync(file, text);
  return updatedText({ case: { file }, actual });
}

const head = `# By hand,   with spaces.
kind:   'exemplary'
criteria: { stay: { place: INN, rooms: [ { adults: 2 } ] } }   # flow
`;

it.each([
  ['has none', '', ''],
  ['is empty', 'expect:\n', ''],
  ['is an empty map', 'expect: {}\n', ''],
  ['is a block', 'expect:\n  outcome: OK\n  offers:\n    - id: "1"\n', ''],
  ['is a flow map', 'expect: { outcome: OK, offers: [{ id: "1" }] }\n', ''],
  ['is a flow map over lines', 'expect:\n  {\n    outcome: OK,\n  }\n', ''],
  ['stands before other keys and comments', 'expect:\n  outcome: OK\n', '# about it\nmarket:    GB\n\n# the end\n'],
])('replaces the expectation alone, to the byte, where a case %s', (_what, expectation, tail) => {
  const text = updated(head + expectation + tail);
  expect(text.startsWith(head)).toBe(true);
  expect(text.endsWith(tail)).toBe(true);
  const middle = text.slice(head.length, text.length - tail.length);
  expect(middle.startsWith('expect:\n  outcome: OK\n')).toBe(true);
  expect(updated(text)).toBe(text);
  const read = parse(text.replaceAll('$${', () => '${')) as { expect: Expectation };
  expect(read.expect).toEqual(actual);
});

it('writes what the formatter of this repository leaves as it is', async () => {
  const files = new Map([['made.yaml', updated('kind: exemplary\n')]]);
  files.set(
    'new.yaml',
    caseText({
      kind: 'exemplary',
      now: '2027-01-01T00:00:00Z',
      market: 'GB',
      currency: 'GBP',
      criteria: { stay: { rooms: [{ adults: 2, childAges: [] }] } },
    }),
  );
  for (const folder of [folderOf('duffel'), join(import.meta.dirname, '../kit/trial/stayharbor')]) {
    // Compiling a manifest takes longer than running a case.
    const { partner } = await openOffline(folder);
    for (const one of loadCases(folder)) {
      files.set(`${basename(folder)}-${one.name}.yaml`, updatedText(await resultOf(one, partner)));
    }
  }
  for (const [name, text] of files) writeFileSync(join(scratch, name), text);
  // The repository's style, for files that lie outside of it.
  const style = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(scratch, 'biome.json'), `${JSON.stringify({ formatter: style.formatter }, null, 2)}\n`);
  rmSync(join(scratch, 'case.yaml'));
  const run = spawnSync(join(root, 'node_modules/.bin/biome'), ['format', '.'], { cwd: scratch, encoding: 'utf8' });
  expect(run.stdout + run.stderr).toContain(`Checked ${files.size + 1} files`);
  expect(run.status).toBe(0);
});
