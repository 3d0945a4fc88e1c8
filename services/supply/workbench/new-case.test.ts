import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderOf, openOffline } from './bench.ts';
import { updatedText } from './case-text.ts';
import { loadCase, loadCases, resultOf, runCase } from './cases.ts';
import { coverageChecks } from './coverage.ts';
import { beginCase } from './new-case.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-begun-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let count = 0;

/** A partner with the one case that it was recorded with. */
function bare(name: string, from: string, keep: string): string {
  const folder = join(scratch, String(++count), name);
  cpSync(from, folder, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  for (const one of loadCases(folder)) if (one.name !== keep) rmSync(one.file);
  for (const one of ['verify', 'sold-out', 'rejected'])
    rmSync(join(folder, 'cassettes', `${one}.yaml`), { force: true });
  return folder;
}

/** What is not shown, with what begins a case of it. */
async function unshown(folder: string): Promise<string[]> {
  const { partner, manifest } = await openOffline(folder);
  const results = [];
  for (const one of loadCases(folder)) results.push(await resultOf(one, partner));
  return coverageChecks(manifest, results)
    .filter(({ result }) => result === 'failed')
    .map(({ detail = '' }) => /--new-case (\S+?)`/.exec(detail)?.[1] ?? detail);
}

it('begins every kind of case that certify misses, each of which loads and says what is left to do', async () => {
  const folder = bare('duffel', folderOf('duffel'), 'offers');
  const kinds = await unshown(folder);
  expect(kinds).toEqual(expect.arrayContaining(['error', 'rate-limit', 'verify', 'sold-out', 'handoff', 'unreadable']));
  for (const kind of kinds) {
    if (['warning', 'pages', 'rate-limit', 'empty'].includes(kind))
      rmSync(join(folder, `cassettes/${kind}.yaml`), { force: true });
    const begun = await beginCase(folder, kind);
    expect(readFileSync(begun.case, 'utf8')).toContain('# To be filled in: ');
    const result = await runCase(loadCase(begun.case));
    expect(result.differences.map(({ path }) => path)).toEqual(['expect']);
    writeFileSync(begun.case, updatedText(result));
    expect((await runCase(loadCase(begun.case))).differences).toEqual([]);
  }
  // What is right as it was begun shows already what it is for.
  expect(await unshown(folder)).not.toContain('handoff');
  expect(await unshown(folder)).not.toContain('rate-limit');
});

it('begins criteria that are refused without a cassette, and says what has to hold', async () => {
  const folder = bare('stayharbor', join(import.meta.dirname, '../kit/trial/stayharbor'), 'pages');
  const begun = await beginCase(folder, 'unsupported-1');
  expect(begun).toEqual({
    case: join(folder, 'cases/unsupported-1.yaml'),
    cassette: undefined,
    left: 'change the criteria so that this holds: !present(search.latitude); then run test --update',
  });
  expect(readFileSync(begun.case, 'utf8')).not.toContain('cassette:');
});

it('knows no other kinds, and writes over nothing', async () => {
  const folder = bare('duffel', folderOf('duffel'), 'offers');
  await expect(beginCase(folder, 'nonsense')).rejects.toThrow(/is none of what duffel can show:\n {2}error /);
  await beginCase(folder, 'verify');
  await expect(beginCase(folder, 'verify')).rejects.toThrow('verify.yaml exists');
});
