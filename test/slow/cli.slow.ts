// The `entrepot` command: what it prints, and how it ends.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Command, run, start } from '../end-to-end/cli/command.ts';

const config = join(import.meta.dirname, '../../deploy/config');
let up: Command;
let banner = '';
let edge = '';
let grpc = '';

beforeAll(async () => {
  const startedAt = performance.now();
  up = start(['up', '--port', '0', '--in-memory'], { ENTREPOT_INGRESS_ADDRESS: '127.0.0.1:0' });
  banner = await up.prints('Ctrl-C stops everything.');
  console.log(`entrepot up printed its banner after ${Math.round(performance.now() - startedAt)} ms`);
  edge = /listens on (\S+)/.exec(banner)?.[1] ?? '';
  grpc = /over gRPC at (\S+)/.exec(banner)?.[1] ?? '';
});
afterAll(() => {
  up?.child.kill('SIGKILL');
});

const flight = ['search', 'flight', 'LHR', 'JFK', '+60d', '--currency', 'GBP'];

test('up prints where it listens, who sells, and a curl that can be pasted', async () => {
  expect(edge).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  for (const partner of ['duffel', 'travelport', 'amadeus', 'hotelbeds', 'alpinebits', 'shopify'])
    expect(banner).toContain(partner);
  const [, body = ''] = /curl -s \S+ -H 'content-type: application\/json' -d '(.+)'/.exec(banner) ?? [];
  const response = await fetch(`${edge}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = (await response.json()) as { offers: unknown[]; outcomes: { status: string }[] };
  expect(answer.offers).toHaveLength(5);
  expect(answer.outcomes.filter(({ status }) => status === 'OUTCOME_STATUS_OK')).toHaveLength(4);
});

test('search --json prints one document for scripts and nothing else', async () => {
  const { code, stdout, stderr } = await run([...flight, '--page-size', '3', '--json', '--edge', edge]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const view = JSON.parse(stdout) as { complete: boolean; offers: unknown[]; outcomes: { partner: string }[] };
  expect(view.complete).toBe(true);
  expect(view.offers).toHaveLength(3);
  expect(view.outcomes.map(({ partner }) => partner).sort()).toEqual([
    'amadeus',
    'duffel',
    'duffel-leisure',
    'travelport',
  ]);
});

test('search shows partners as they report in, aligned offers, and every outcome below them', async () => {
  const { code, stdout } = await run([...flight, '--page-size', '4', '--edge', edge]);
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.slice(0, 4).every((line) => /^ok \S+: \d+ offers, \d+ ms$/.test(line))).toBe(true);
  const heading = lines.findIndex((line) => line.trimStart().startsWith('price'));
  const rows = lines.slice(heading + 1, heading + 5);
  const column = lines[heading]?.indexOf('flights') ?? -1;
  for (const row of rows) {
    expect(row.slice(0, column)).toMatch(/^ *\d+\.\d{2} GBP {2}$/);
    expect(row.slice(column)).toMatch(/^[A-Z0-9]{2}\d+/);
  }
  const outcomes = lines.slice(lines.findIndex((line) => line.startsWith('partner ')) + 1);
  expect(outcomes.slice(0, 4).map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['amadeus', 'ok'],
    ['duffel', 'ok'],
    ['duffel-leisure', 'ok'],
    ['travelport', 'ok'],
  ]);
});

test('explain tells how a search went and why an offer is what it is, as the last line of the search suggests', async () => {
  const args = ['--page-size', '3', '--order', 'best', '--filter', 'stops <= 1 && price < 600.0', '--edge', edge];
  const found = await run([...flight, ...args]);
  const [, searchId = '', offerId = ''] = new RegExp(
    `npx entrepot explain --edge ${edge} (\\w{16}) says why it went like this \\(([\\w-]+): why the first offer\\)`,
  ).exec(found.stdout) ?? ['', '', ''];
  const { offers } = (await (await fetch(`${edge}/v1/searches/${searchId}`)).json()) as {
    offers: { offerId: string; productId: string }[];
  };
  expect(offers[0]?.offerId).toBe(offerId);
  const search = await run(['explain', searchId, '--product', offers[2]?.productId ?? '', '--edge', edge]);
  expect([search.code, search.stderr]).toEqual([0, '']);
  expect(search.stdout).toMatch(
    /^Search \w{16}\nflight: origin LHR, destination JFK, departureDate \d{4}-\d\d-\d\d, adults 1\n/,
  );
  expect(search.stdout).toMatch(/^Complete after .+: every partner answered\. .+ offers match/m);
  expect(search.stdout).toContain(`\n  ${offers[2]?.productId} is shown as entry 3.\n`);
  for (const partner of ['amadeus', 'duffel', 'duffel-leisure', 'travelport']) {
    expect(search.stdout).toMatch(new RegExp(`^  ${partner} +ok .+1 request$`, 'm'));
  }
  expect(search.stdout).toMatch(/^ {2}stops <= 1 +duffel, duffel-leisure +0$/m);
  expect(search.stdout).toMatch(/^ {2}price < 600\.0 +here alone +\d+$/m);

  const first = await run(['explain', offerId, '--edge', edge]);
  const [second, row] = await Promise.all([
    run(['explain', offers[1]?.offerId ?? '', '--edge', edge]),
    run(['explain', offerId, '--row', '--edge', edge]),
  ]);
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(first.stdout).toMatch(/^Offer .+\nflights [A-Z0-9]{2}\d+.+\n[\d.]+ GBP, sold by \S+, 1 of \d+\n/);
  expect(first.stdout).toMatch(/^ {2}request +(GET|POST) http:\/\/127\.0\.0\.1:\d+\/\S+$/m);
  // Evidence is told where the catalogue answers in time.
  await vi.waitFor(
    async () =>
      expect((await run(['explain', offerId, '--edge', edge])).stdout).toMatch(
        /^ {2}[A-Z0-9]{2}\|\d+\|.+ every partner +flight number +1 /m,
      ),
    { timeout: 30_000 },
  );
  expect(first.stdout).toContain('by best. It is the first.');
  // On some dates two offers are equal.
  expect(second.stdout).toMatch(/2 of \d+, by best\. ([\d.]+ behind the first: .+\(weight|It is equal to the first)/);
  const explained = (await (await fetch(`${edge}/v1/offers/${offerId}:explain`)).json()) as {
    origin: { partnerRow: string };
  };
  expect(JSON.parse(row.stdout)).toEqual(JSON.parse(explained.origin.partnerRow));
}, 60_000);

test.each([
  ['what is no id', ['shoes'], '"shoes" is no id of a search or an offer.'],
  ['a search that is not held', ['A'.repeat(16)], 'There is no such search'],
  ['an offer that is not held', [`${'A'.repeat(16)}-00-0000`], 'There is no such offer'],
  ['a product of an offer', [`${'A'.repeat(16)}-00-0000`, '--product', 'x'], '--product is for the id of a search'],
])('explain refuses %s with exit code 2 and says why', async (_what, args, why) => {
  const { code, stdout, stderr } = await run(['explain', ...args, '--edge', edge]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(why);
});

test('explain says that the process which ran the search holds it, where no edge runs', async () => {
  const { code, stderr } = await run(['explain', 'A'.repeat(16)], { PORT: '1' });
  expect(code).toBe(1);
  expect(stderr).toContain('No edge runs here. A search is held by the process that ran it');
});

test('a search for a place to stay needs no running edge: one is started for it', async () => {
  const { code, stdout, stderr } = await run(['search', 'stay', 'PMI', '+60d', '--page-size', '2'], { PORT: '1' });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/price +each +property/);
  expect(stdout).toMatch(/hotelbeds-select +ok/);
}, 60_000);

test('the searches that up suggests show what partners handed over beside those that are asked, the same in one line', async () => {
  const suggested = [...banner.matchAll(/npx entrepot (search (?:stay|good) .+)/g)].map(([, command = '']) =>
    command.split(' ').map((word) => word.replaceAll("'", '')),
  );
  expect(suggested).toHaveLength(3);
  const [stay, words, gtin] = suggested.map((args) => async () => {
    const { code, stdout } = await run([
      ...args.join(' ').replace('cordless drill', 'drill').split(' '),
      '--edge',
      edge,
    ]);
    expect(code).toBe(0);
    return stdout;
  });
  // It listens before everything has come.
  await vi.waitFor(async () => expect(await stay!()).toMatch(/^alpinebits +ok/m), { timeout: 30_000 });
  await vi.waitFor(async () => expect(await gtin!()).toMatch(/^(?=.*google-merchant)(?=.*shopify).* also /m), {
    timeout: 30_000,
  });
  for (const partner of ['ebay', 'google-merchant', 'shopify'])
    expect(await words!()).toMatch(new RegExp(`^${partner} +ok`, 'm'));
}, 60_000);

test.each([
  ['an unknown airport', ['LHR', 'QQQ', '+60d'], 'flight.destination'],
  ['what is no code', ['LONDON', 'JFK', '+60d'], 'three-letter IATA code'],
  ['a date in words', ['LHR', 'JFK', 'tomorrow'], '"tomorrow" is no date'],
  ['a past date', ['LHR', 'JFK', '2020-01-01'], 'flight.departureDate'],
  ['a filter on no attribute', ['LHR', 'JFK', '+60d', '--filter', 'stopps == 0'], 'unknown variable "stopps"'],
  ['an unknown option', ['LHR', 'JFK', '+60d', '--cheap'], "unknown option '--cheap'"],
])('refuses %s with exit code 2 and says why, once', async (_what, args, why) => {
  const { code, stdout, stderr } = await run(['search', 'flight', ...args, '--edge', edge]);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.split(why)).toHaveLength(2);
});

test('an edge that is not there is named, with exit code 1', async () => {
  const { code, stderr } = await run([...flight, '--edge', 'http://127.0.0.1:1']);
  expect(code).toBe(1);
  expect(stderr).toBe('No edge answers at http://127.0.0.1:1.\n');
});

test('check accepts what is shipped', async () => {
  expect(await run(['check', config])).toMatchObject({ code: 0, stderr: '' });
});

test('check names file, line and column of what is wrong, and ends with 1', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'entrepot-check-'));
  try {
    cpSync(config, broken, { recursive: true });
    const file = join(broken, 'partners/duffel.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^adapter:/m, 'adaptor:'));
    const { code, stdout } = await run(['check', broken]);
    expect(code).toBe(1);
    const line = readFileSync(file, 'utf8').split('\n').indexOf('adaptor: duffel') + 1;
    expect(stdout).toContain(`${file}:${line}:1  unknown key "adaptor"`);
    const listed = JSON.parse((await run(['check', broken, '--json'])).stdout) as { file: string; line: number }[];
    expect(listed).toContainEqual(expect.objectContaining({ file, line, column: 1 }));
  } finally {
    rmSync(broken, { recursive: true });
  }
});

test('serve starts one service alone, at its address, until it is told to stop', async () => {
  const pricing = start(['serve', 'pricing'], { ENTREPOT_PRICING_ADDRESS: '127.0.0.1:0' });
  expect(await pricing.prints('\n')).toMatch(/^pricing ready on 127\.0\.0\.1:[1-9]\d*\n$/);
  pricing.child.kill('SIGTERM');
  expect((await pricing.ended).code).toBe(0);
});

test.each([
  ['flight', 'entrepot search flight LHR JFK +60d --currency GBP'],
  ['stay', 'entrepot search stay PMI +60d +5d --currency GBP'],
  ['good', 'entrepot search good "dewalt drill" --ship-to GB --currency GBP'],
  ['ride', 'entrepot search ride 51.50,-0.12 51.47,-0.45 --currency GBP'],
])('help on %s teaches by example', async (vertical, example) => {
  const { code, stdout } = await run(['search', vertical, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(example);
});

test.each([
  ['goods that are not named', ['good'], 'good.query'],
  ['a condition that is none', ['good', 'drill', '--condition', 'nice'], '"nice" is no condition; there are new'],
  ['a place that is none', ['ride', 'here', 'LHR'], '"here" is no place'],
  ['a time in words', ['ride', 'LHR', '51.50,-0.12', '--at', 'tonight'], '"tonight" is no time'],
  ['a ride to where it starts', ['ride', '33.94S,151.18E', '33.94S,151.18E'], 'ride.dropoff.point'],
])('refuses %s with exit code 2 and says why', async (_what, args, why) => {
  const { code, stdout, stderr } = await run(['search', ...args, '--edge', edge]);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
});

test('goods and rides are asked for as their criteria have it', async () => {
  for (const args of [
    ['good', 'drill', '--condition', 'new,used'],
    ['ride', 'LHR', '51.50,-0.12', '--at', '+7dT18:30'],
  ]) {
    const { code, stdout, stderr } = await run(['search', ...args, '--edge', edge]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^partner +outcome/m);
  }
});

test.each([
  ['several processes of query without what they share', '2', 'ENTREPOT_SHARED_STATE'],
  ['more processes of query than make sense', '9', 'a number from 1 to 8'],
])('mesh refuses %s with exit code 2 and says why', async (_what, count, why) => {
  const { code, stdout, stderr } = await run(['mesh', '--query', count]);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
});

test('catalogue shows a product that a search found, and says where it looked for one that is not there', async () => {
  const ask = { ENTREPOT_EDGE_GRPC_ADDRESS: grpc };
  const shown = await vi.waitFor(
    async () => {
      const found = await run([...flight, '--edge', edge, '--json']);
      const { offers } = JSON.parse(found.stdout) as { offers: { productId: string }[] };
      // A search that is told before identity has arrived has ids that no product has.
      const ended = await run(['catalogue', 'show', offers[0]!.productId], ask);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    },
    { timeout: 40_000 },
  );
  expect(shown).toMatch(/product +\S+ \(flight\)/);
  expect(shown).toContain('Keys');
  const none = await run(['catalogue', 'show', 'fl_none'], ask);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('PRODUCT_NOT_FOUND') });
  const nowhere = await run(['catalogue', 'show', 'fl_none', '--address', '127.0.0.1:1']);
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('No catalogue answers') });
  expect(await run(['catalogue', 'decide', 'rv_1', 'same'])).toMatchObject({ code: 2 });
}, 90_000);

test('up ends on Ctrl-C', async () => {
  const startedAt = performance.now();
  up.child.kill('SIGINT');
  const { code } = await up.ended;
  console.log(`entrepot up stopped in ${Math.round(performance.now() - startedAt)} ms`);
  expect(code).toBe(0);
});
