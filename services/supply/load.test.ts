import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkPartners, loadPartners, shippedAdapters } from './load.ts';
import { testAdapters, writePartners } from './testing/rig.ts';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

function config(partners: Readonly<Record<string, string>>): string {
  const directory = writePartners(partners);
  made.push(directory);
  return directory;
}

const good = 'adapter: plain\nendpoint: https://api.plain.example/v1/\n';

describe('partner files', () => {
  it('give a partner what its adapter does not say otherwise', async () => {
    const configDirectory = config({ one: `${good}timeoutMs: 700\nlifetimeSeconds: 60\n`, two: good });
    const partners = await loadPartners({ configDirectory, adapterDirectories: [testAdapters] });
    const one = partners.get('one')!;
    expect(one).toMatchObject({ origin: 'https://api.plain.example', basePath: '/v1', timeoutMs: 700, maxPages: 3 });
    expect(one.manifest.defaults.lifetimeSeconds).toBe(60);
    expect(partners.get('two')).toMatchObject({ timeoutMs: 2_000, enabled: true, markets: [] });
  });

  it('are refused with file, line and what was expected, all at once', async () => {
    const configDirectory = config({
      one: `${good}timeoutMs: 5\n`,
      two: 'adapter: plane\nendpoint: https://x.example\n',
      three: 'adapter: plain\nendpoint: ftp://x.example\nmarkets: [Britain]\n',
      Four: good,
      five: 'adapter: [\n',
    });
    const problems = await checkPartners(configDirectory, [testAdapters]);
    const found = problems.map(({ file, line }) => `${path.basename(file)}:${line}`);
    expect(found.sort()).toEqual([
      'Four.yaml:0',
      'five.yaml:2',
      'one.yaml:3',
      'three.yaml:2',
      'three.yaml:3',
      'two.yaml:1',
    ]);
    expect(problems.find(({ file }) => file.endsWith('two.yaml'))!.reason).toMatch(/there are: .*plain, plain-/);
  });

  it('have no problems where there are none', async () => {
    expect(await checkPartners(config({ one: good }), [testAdapters])).toEqual([]);
    expect(await checkPartners(config({}), [testAdapters])).toEqual([]);
  });

  it('are not needed for an adapter to be checked', async () => {
    const adapters = mkdtempSync(path.join(tmpdir(), 'entrepot-adapters-'));
    made.push(adapters);
    cpSync(path.join(shippedAdapters, 'amadeus'), path.join(adapters, 'amadeus'), { recursive: true });
    const file = path.join(adapters, 'amadeus/manifest.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('rows: body.data', 'rows: bodi.data'));
    const problems = await checkPartners(config({}), [adapters]);
    expect(problems.map(({ reason }) => reason)).toEqual([expect.stringContaining('unknown variable "bodi"')]);
  });

  it('point at a twin that listens elsewhere', async () => {
    const configDirectory = config({
      one: `adapter: plain\nendpoint: \${ENTREPOT_TWIN_URL:-http://127.0.0.1:7010}/one\n`,
    });
    const twinUrl = 'http://127.0.0.1:9';
    const partners = await loadPartners({ configDirectory, adapterDirectories: [testAdapters], twinUrl });
    expect(partners.get('one')).toMatchObject({ origin: twinUrl, basePath: '/one' });
  });

  it('tell of an adapter that is none, or that says otherwise than its manifest', async () => {
    const adapters = mkdtempSync(path.join(tmpdir(), 'entrepot-adapters-'));
    made.push(adapters);
    for (const name of ['empty', 'throws', 'flying']) {
      cpSync(path.join(testAdapters, 'plain'), path.join(adapters, name), { recursive: true });
      const manifest = path.join(adapters, name, 'manifest.yaml');
      const vertical = name === 'flying' ? 'boat' : 'stay';
      writeFileSync(
        manifest,
        `name: ${name}\ntitle: T\nvertical: ${vertical}\nformat: json\n` +
          'defaults: {timeoutMs: 1000, maxPages: 1, maxBodyBytes: 2048, concurrency: 1, lifetimeSeconds: 60}\n',
      );
    }
    writeFileSync(path.join(adapters, 'empty', 'map.ts'), 'export const adapter = { vertical: "stay" };\n');
    writeFileSync(path.join(adapters, 'throws', 'map.ts'), 'throw new Error("no good");\n');
    const file = (adapter: string) => `adapter: ${adapter}\nendpoint: https://x.example\n`;
    const configDirectory = config({ a: file('empty'), b: file('throws'), c: file('flying'), d: file('empty') });
    const problems = await checkPartners(configDirectory, [adapters]);
    expect(problems).toHaveLength(3);
    expect(problems.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('exports no `map`'),
      expect.stringContaining('no good'),
      expect.stringContaining('"boat"'),
    ]);
  });
});

describe("a manifest's digest", () => {
  it('differs by partner and configuration, and is the same for the same files', async () => {
    const digests = async (files: Readonly<Record<string, string>>) => {
      const partners = await loadPartners({ configDirectory: config(files), adapterDirectories: [testAdapters] });
      return [...partners.values()].map(({ manifest }) => manifest.digest);
    };
    const first = await digests({ one: good, two: good, three: `${good}maxPages: 2\n` });
    expect(new Set(first).size).toBe(3);
    expect(await digests({ one: good, two: good, three: `${good}maxPages: 2\n` })).toEqual(first);
  });
});
