import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderOf } from './bench.ts';
import { certify } from './certify.ts';
import { exactness } from './grade.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-conversation-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The certificate of a copy of a folder with something else in it. */
async function certified(name: string, change: (folder: string) => void) {
  const from = folderOf(name);
  const folder = join(mkdtempSync(join(scratch, 'copy-')), basename(from));
  cpSync(from, folder, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replaceAll(/'(\.\.\/[^']+)'/g, (_, to: string) => `'${join(from, to)}'`),
    );
  }
  change(folder);
  const { certificate } = await certify(folder);
  const failed = certificate.checks.filter(({ result }) => result === 'failed');
  return { certificate, failed: Object.fromEntries(failed.map((one) => [one.name, one.detail])) };
}

function edit(folder: string, ...edits: readonly (readonly [from: string, to: string])[]): void {
  const file = join(folder, 'manifest.yaml');
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`the manifest has no ${from}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
}

describe('a partner that is asked several times', { timeout: 60_000, concurrent: true }, () => {
  it('goes wrong at its login, its steps and its search, also where the login is on another host', async () => {
    const { certificate } = await certified('uber', (folder) => {
      for (const name of ['search', 'yen']) rmSync(join(folder, 'cases', `${name}.yaml`));
    });
    expect(certificate.conversation).toEqual([
      'POST /oauth/v2/token',
      'GET /v1.2/products',
      'GET /v1.2/estimates/time',
      'GET /v1.2/estimates/price',
    ]);
    const tried = certificate.checks.filter(({ group }) => group === 'faults' || group === 'deadline');
    expect(new Set(tried.map(({ result }) => result))).toEqual(new Set(['passed']));
    expect(new Set(tried.map(({ detail }) => detail))).toEqual(
      new Set(['at each of 4 requests', 'at each of 3 requests']),
    );
  });

  it('is told at which request a fault became something else', async () => {
    const { certificate, failed } = await certified('karhoo', (folder) =>
      edit(folder, [
        'kind: first(failure_kinds[body.code], "")',
        'kind: \'status == 503 ? "REQUEST_REFUSED" : first(failure_kinds[body.code], "")\'',
      ]),
    );
    expect(certificate.grade).toBe('C');
    expect(Object.keys(failed)).toEqual(['503']);
    expect(failed['503']).toMatch(/^POST \/v\d\/\S+ became failed \(request_refused\).*; and [23] more$/);
  });

  it('is a B where a case is missing, and where it says to lack what it has', async () => {
    const { certificate, failed } = await certified('karhoo', (folder) => {
      rmSync(join(folder, 'cases/nobody.yaml'));
      edit(
        folder,
        ['lacks:\n', 'lacks:\n  capacity: nobody says how many it takes\n'],
        ['  shared: every quote is for a vehicle of its own, and no field says so\n', ''],
      );
    });
    expect(certificate.grade).toBe('B');
    expect(failed).toEqual({
      'what the manifest says that the format lacks is in no offer': 'capacity is in some',
      'every other attribute is in an offer of a golden case':
        'shared is in none: show it by a case, or say under `lacks` why there is none',
      'an answer without rows': 'no case shows it; `entrepot partner test <name> --new-case empty` begins one',
    });
  });
});

describe('a partner whose rows on the way are said to be final', { timeout: 60_000, concurrent: true }, () => {
  const isFinal = 'rows of an answer that is not whole yet are final';
  /** Karhoo with another whole answer than the one on the way. */
  const changed = (change: (complete: string) => string) =>
    certified('karhoo', (folder) => {
      const file = join(folder, 'fixtures/quotes-complete.json');
      const text = readFileSync(file, 'utf8');
      expect(change(text)).not.toBe(text);
      writeFileSync(file, change(text));
    });

  it.each([
    ['costs something else in the whole answer', '4120', '4300', 'rejected: list-1:Zml4ZWQ= is another there'],
    ['is gone', 'list-1:Zml4ZWQ=', 'list-1:b3RoZXI=', 'rejected: list-1:Zml4ZWQ= is not in the whole answer'],
  ])('is a D where one %s', async (_what, from, to, detail) => {
    const { certificate, failed } = await changed((text) => text.replaceAll(from, to));
    expect(certificate.grade).toBe('D');
    expect(failed[isFinal]).toBe(detail);
  });

  it('is told nothing of it where it does not say so', async () => {
    const { certificate } = await certified('karhoo', (folder) => edit(folder, ['  partial: true\n', '']));
    expect(certificate.checks.map(({ name }) => name)).not.toContain(isFinal);
  });
});

describe('a partner that states a range', { timeout: 60_000, concurrent: true }, () => {
  it('is a D where its upper end is cut to whole units, also if none of its cases shows it', async () => {
    const { certificate, failed } = await certified('uber', (folder) =>
      edit(folder, [
        'totalMax: "first(is_exact, false) ? absent() : row.high_estimate"',
        'totalMax: "first(is_exact, false) ? absent() : int(double(row.high_estimate))"',
      ]),
    );
    expect(certificate.grade).toBe('D');
    expect(Object.keys(failed)).toEqual([exactness]);
    expect(failed[exactness]).toMatch(/^1234\.56 GBP became 123456 to 123400 minor units of GBP/);
  });
});

describe('what map.ts makes', { timeout: 60_000, concurrent: true }, () => {
  it('is tried as well: a midnight that it takes for the next one is a D', async () => {
    const { certificate, failed } = await certified('hotelbeds', (folder) => {
      const file = join(folder, 'stays.ts');
      const text = readFileSync(file, 'utf8');
      const to = 'first > context.fetchedAt ? first + (first % 3_600_000 === 0 ? 86_400_000 : 0) : undefined';
      writeFileSync(file, text.replace('first > context.fetchedAt ? first : undefined', to));
    });
    expect(certificate.grade).toBe('D');
    expect(failed['midnight is the midnight of its place']).toMatch(/^free_cancellation_until /);
  });
});
