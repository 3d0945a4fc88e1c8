import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { checkPartners, loadPartners } from '../load.ts';
import { startRig, testAdapters, writePartners } from '../testing/rig.ts';
import { configureRemote } from './partner.ts';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

function config(partners: Readonly<Record<string, string>>): string {
  const directory = writePartners(partners);
  made.push(directory);
  return directory;
}

it('a file that gives an address is a partner without an adapter here', async () => {
  const configDirectory = config({
    one: 'address: rides.internal:7100\nvertical: ride\nmarkets: [GB]\ntimeoutMs: 900\nconcurrency: 3\ntls: {}\ntrafficShare: 0.01\n',
    two: 'address: "dns:///stays.example:7100"\nvertical: stay\nenabled: false\nplaintext: true\n',
    three: 'address: static:127.0.0.1:7001,127.0.0.1:7002\nvertical: good\n',
    four: 'adapter: plain\nendpoint: https://x.example\n',
  });
  const partners = await loadPartners({ configDirectory, adapterDirectories: [testAdapters] });
  expect(partners.get('one')).toMatchObject({ address: 'rides.internal:7100', markets: ['GB'], timeoutMs: 900 });
  expect(partners.get('one')!.limit.limit).toBe(3);
  expect(partners.get('two')).toMatchObject({ enabled: false, timeoutMs: 5_000 });
  expect(partners.get('three')!.adapter.vertical).toBe('good');
  expect(partners.get('four')).not.toHaveProperty('address');
});

it('mistakes in it are told with file, line and what was expected', async () => {
  const directory = config({
    both: 'address: a:1\nvertical: stay\nadapter: plain\n',
    nowhere: 'address: somewhere\nvertical: stay\n',
    web: 'vertical: stay\naddress: https://x.example/\n',
    names: 'address: static:a.example:1\nvertical: stay\n',
    what: 'address: a:1\nvertical: boats\n',
    lacking: 'address: a:1\n',
  });
  const problems = await checkPartners(directory, [testAdapters]);
  expect(problems.map(({ file, line }) => `${path.basename(file)}:${line}`).sort()).toEqual([
    'both.yaml:3',
    'lacking.yaml:1',
    'names.yaml:1',
    'nowhere.yaml:1',
    'web.yaml:2',
    'what.yaml:2',
  ]);
  const reason = (name: string) => problems.find(({ file }) => file.endsWith(`${name}.yaml`))!.reason;
  expect(reason('nowhere')).toContain('host:port');
  expect(reason('what')).toContain('flight, stay, good, ride');
});

it('it is listed like any partner', async () => {
  const rig = await startRig({ one: { address: '127.0.0.1:1', vertical: 'ride', markets: ['GB'] } });
  try {
    expect((await rig.client.listPartners({})).partners).toEqual([
      {
        name: 'one',
        adapter: 'remote',
        verticals: ['ride'],
        markets: ['GB'],
        enabled: true,
        manifest: expect.stringMatching(/^[\w-]{12}$/),
        suspensions: [],
        trafficShare: 1,
      },
    ]);
  } finally {
    await rig.close();
  }
});

it('its offers outlive a change of limits, not one of the address', () => {
  const config = {
    address: 'a.example:1',
    vertical: 'stay',
    markets: [],
    enabled: true,
    timeoutMs: 900,
    concurrency: 3,
    trafficShare: 1,
    plaintext: true,
    maxBodyBytes: 65_536,
  };
  const before = configureRemote('one', config);
  const slower = configureRemote('one', { ...config, timeoutMs: 1_000 });
  const moved = configureRemote('one', { ...config, address: 'b.example:1' });
  expect([slower.route, moved.route].map((route) => route === before.route)).toEqual([true, false]);
  // Both are changes all the same, which take effect with the next search.
  expect(slower.manifest.digest).not.toBe(before.manifest.digest);
});

it('it is never called in plain text beyond this machine unless its file says so', async () => {
  const directory = config({
    here: 'address: static:127.0.0.1:7001,[::1]:7002\nvertical: ride\n',
    local: 'address: localhost:7001\nvertical: ride\n',
    meshed: 'address: harbour:7100\nvertical: ride\ntrafficShare: 0.01\nplaintext: true\n',
    encrypted: 'address: harbour:7100\nvertical: ride\ntrafficShare: 0.01\ntls: {}\n',
    silent: 'address: harbour:7100\nvertical: ride\ntrafficShare: 0.01\n',
    mixed: 'vertical: ride\naddress: static:127.0.0.1:7001,10.0.0.1:7001\ntrafficShare: 0.01\n',
    both: 'address: localhost:1\nvertical: ride\ntls: {}\nplaintext: true\n',
    keyless: 'address: localhost:1\nvertical: ride\ntls: { certificate: { file: a.pem } }\n',
    numbered: 'address: 127.0.0.1:1\nvertical: ride\ntls: {}\n',
    written: 'address: localhost:1\nvertical: ride\ntoken: abc\n',
  });
  const problems = await checkPartners(directory, [testAdapters]);
  const told = problems.map(({ file, line, reason }) => `${path.basename(file)}:${line} ${reason}`).sort();
  expect(told).toEqual([
    expect.stringMatching(/^both\.yaml:4 there is tls/),
    expect.stringMatching(/^keyless\.yaml:3 expected certificate and key together/),
    expect.stringMatching(/^mixed\.yaml:2 .*say how they are encrypted/),
    expect.stringMatching(/^numbered\.yaml:3 .*say it with name/),
    expect.stringMatching(/^silent\.yaml:1 .*"plaintext: true" where a mesh encrypts below/),
    expect.stringMatching(/^written\.yaml:3 expected a mapping/),
  ]);
});
