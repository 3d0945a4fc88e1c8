import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { certificationOf } from './certification.ts';
import { digestOfFolder } from './folder-digest.ts';
import { loadPartners } from './load.ts';
import { testAdapters, writePartners } from './testing/rig.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'entrepot-certification-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const checks = [
  { name: 'golden cases hold', result: 'passed', detail: '9 tried' },
  { name: 'amounts are exact', result: 'failed', detail: 'a tenth of a yen' },
  { name: 'truncated answers are refused', result: 'failed' },
  { name: 'totals double', result: 'not applicable' },
  'no check',
];

/** What is told of an account's adapter with this certificate. */
async function told(certificate: ((digest: string) => string) | undefined): Promise<unknown> {
  const directory = mkdtempSync(path.join(scratch, 'adapters-'));
  const folder = path.join(directory, 'plain');
  cpSync(path.join(testAdapters, 'plain'), folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'map.ts'),
    `export { map } from ${JSON.stringify(path.join(testAdapters, 'plain/map.ts'))};\n`,
  );
  if (certificate) writeFileSync(path.join(folder, 'certificate.json'), certificate(digestOfFolder(folder)));
  const configDirectory = writePartners({ one: 'adapter: plain\nendpoint: http://127.0.0.1:1\ntrafficShare: 0.5\n' });
  const partners = await loadPartners({ configDirectory, adapterDirectories: [directory] });
  rmSync(configDirectory, { recursive: true });
  return certificationOf(partners.get('one')!);
}

describe("a partner's certification", () => {
  it('is what its certificate says, with each check that failed', async () => {
    expect(await told((manifest) => JSON.stringify({ grade: 'C', manifest, checks }))).toEqual({
      grade: 'C',
      certifiedAt: undefined,
      stale: false,
      passed: 1,
      failed: ['amounts are exact: a tenth of a yen', 'truncated answers are refused'],
    });
  });

  it('is stale where the adapter has changed since', async () => {
    expect(await told(() => JSON.stringify({ grade: 'A', manifest: 'another' }))).toMatchObject({
      grade: 'A',
      stale: true,
      passed: 0,
      failed: [],
    });
  });

  it('is absent where there is no certificate, or none that can be read', async () => {
    expect(await told(undefined)).toBeUndefined();
    expect(await told(() => '{"grade":"S","manifest":"x"}')).toBeUndefined();
    expect(await told(() => 'no JSON')).toBeUndefined();
  });
});
