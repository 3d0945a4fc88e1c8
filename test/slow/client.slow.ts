// `entrepot/client` as a frontend team meets it: the tarball installed in an empty project, type-checked, run in Node and, from the
// files as they are, in a real browser's page of another origin.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeKey } from '../../libs/clients/index.ts';
import { type Fused, startFused } from '../../services/entrepot/fused.ts';
import { askedPartners } from '../support/asked-partners.ts';

const root = join(import.meta.dirname, '../..');
const browserPath = '/usr/bin/chromium';
const entryPath = '/node_modules/entrepot/dist/libs/client/index.js';
const departureDate = Temporal.Now.plainDateISO().add({ days: 60 }).toString();
const shop = makeKey('shop');
const stranger = makeKey('stranger');

let project = '';
let pages: Server;
let origin = '';
let config: ReturnType<typeof askedPartners>;
let fused: Fused;

/** What a search found, as both the script and the page tell it. */
interface Seen {
  readonly offers: number;
  readonly views: number;
  readonly complete: boolean;
  readonly pages: number;
  readonly explained: number;
  readonly reason: string;
  readonly status: number;
}

function holds(seen: Seen): void {
  expect(seen).toMatchObject({ complete: true, reason: 'OFFER_NOT_FOUND', status: 404 });
  for (const count of ['offers', 'views', 'pages', 'explained'] as const) expect(seen[count]).toBeGreaterThan(0);
}

const consumer = `
import { createClient, EntrepotProblem, type SearchRequest, type SearchView } from 'entrepot/client';

const [url = '', key = '', departureDate = ''] = process.argv.slice(2);
const entrepot = createClient({ url, key });
const request: SearchRequest = {
  flight: { origin: 'LHR', destination: 'JFK', departureDate, adults: 1, cabin: 'CABIN_ECONOMY' },
  currency: 'GBP',
  market: 'GB',
  readMask: ['offer_id', 'price.total', 'item.flight.stops'],
};
let view: SearchView | undefined;
let views = 0;
for await (view of entrepot.search(request)) views++;
if (view === undefined) throw new Error('Nothing came.');
let pages = 0;
for await (const { offers = [] } of entrepot.pages(view.searchId, { pageSize: 20 })) pages += offers.length > 0 ? 1 : 0;
const { partners = [] } = await entrepot.explainSearch(view.searchId);
let reason = '';
let status = 0;
try {
  await entrepot.offer('none');
} catch (error) {
  if (!(error instanceof EntrepotProblem)) throw error;
  ({ reason, status } = error);
}
const { offers, complete } = view;
console.log(JSON.stringify({ offers: offers.length, views, complete, pages, explained: partners.length, reason, status }));
`;

const wrong = `import { createClient } from 'entrepot/client';
const entrepot = createClient({ url: '/' });
void entrepot.searchPage({ flight: {}, stay: {} });
void entrepot.offer('o', ['price.totals']);
void entrepot.call('ListPartner', {});
void entrepot.call('GetTrace', {});
`;

/** What the page runs: a search that is left and followed again, its pages, its explanation, and a refusal. */
const pageScript = `
import { createClient } from 'entrepot/client';

globalThis.search = async ({ url, key, departureDate }) => {
  const entrepot = createClient({ url, key, reconnects: 0, retries: 0 });
  const flight = { origin: 'LHR', destination: 'JFK', departureDate, adults: 1 };
  try {
    let views = 0;
    let last;
    for await (last of entrepot.search({ flight, currency: 'GBP', market: 'GB' })) {
      views++;
      if (last.offers.length > 0) break;
    }
    const { searchId, cursor } = last;
    for await (last of entrepot.watch(searchId, { cursor })) {
      views++;
      if (last.complete) break;
    }
    const { offers = [] } = await entrepot.page(searchId);
    let pages = 0;
    for await (const page of entrepot.pages(searchId, { pageSize: 20 })) pages += page.offers === undefined ? 0 : 1;
    const { partners = [] } = await entrepot.explainSearch(searchId);
    const { reason, status } = await entrepot.offer('none').catch((problem) => problem);
    return { offers: offers.length, views, complete: last.complete, pages, explained: partners.length, reason, status };
  } catch (problem) {
    return { refused: problem.reason ?? String(problem) };
  }
};
`;
const page = `<!doctype html><title>Shop</title>
<script type="importmap">{ "imports": { "entrepot/client": "${entryPath}" } }</script>
<script type="module">${pageScript}</script>`;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'entrepot-frontend-'));
  execFileSync('npm', ['pack', '--pack-destination', project], { cwd: root, stdio: 'pipe' });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'frontend', private: true, type: 'module' }));
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], {
    cwd: project,
    stdio: 'pipe',
  });
  // What the contracts need the client must not: it stands alone here.
  for (const name of readdirSync(join(project, 'node_modules'))) {
    if (name !== 'entrepot') rmSync(join(project, 'node_modules', name), { recursive: true });
  }
  pages = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '', 'http://pages').pathname);
    const file = join(project, path);
    if (path === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else if (extname(file) !== '.js' || !existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => pages.listen(0, resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  config = askedPartners();
  const directory = join(project, 'config');
  cpSync(config.directory, directory, { recursive: true });
  writeFileSync(
    join(directory, 'clients.yaml'),
    `clients:
  shop: { origins: ["${origin}"], keys: [{ id: shop, hash: "${shop.hash}" }] }
  stranger: { origins: ["https://elsewhere.example"], keys: [{ id: stranger, hash: "${stranger.hash}" }] }
`,
  );
  fused = await startFused({ port: 0, inMemory: true, configDirectory: directory, ingressAddress: '127.0.0.1:0' });
});
afterAll(async () => {
  await fused?.close();
  config?.remove();
  pages?.close();
  rmSync(project, { recursive: true, force: true });
});

const inNode = { lib: ['esnext'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
const inBrowser = { lib: ['esnext', 'dom', 'dom.iterable'], types: [] };

/** What tsc says of a file that imports the package; empty where it has nothing to say. */
function complaintsOf(file: string, text: string, environment: object): string {
  const options = { module: 'nodenext', target: 'esnext', strict: true, noEmit: true, ...environment };
  const settings = join(project, `${file}.json`);
  writeFileSync(join(project, file), text);
  writeFileSync(settings, JSON.stringify({ compilerOptions: options, include: [file] }));
  const tsc = join(root, 'node_modules/.bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', settings], { encoding: 'utf8', cwd: project }).stdout;
}

test('type-checks by its declarations among the types of Node and of browsers, and runs in Node', async () => {
  expect(complaintsOf('consumer.ts', consumer, inNode)).toBe('');
  const inPage = consumer.replace('process.argv.slice(2)', "location.hash.split(' ')");
  expect(complaintsOf('page.ts', inPage, inBrowser)).toBe('');
  const asked = ['consumer.ts', fused.edgeUrl, shop.key, departureDate];
  // Not the synchronous kind: the edge answers from this process.
  const { stdout } = await promisify(execFile)(process.execPath, asked, { cwd: project });
  holds(JSON.parse(stdout) as Seen);
});

test('refuses by its types what the contracts do not know', () => {
  const complaints = complaintsOf('wrong.ts', wrong, inBrowser);
  expect([...complaints.matchAll(/wrong\.ts\((\d),/g)].map(([, line]) => line)).toEqual(['3', '4', '5', '6']);
});

test('type-checks as its README shows it', () => {
  const text = readFileSync(join(project, 'node_modules/entrepot/libs/client/README.md'), 'utf8');
  const [browser = '', node = ''] = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  const around = `declare const key: string, button: HTMLButtonElement, banner: HTMLElement;
declare function draw(offers: readonly { readonly offerId: string }[], progress: { readonly partnersDone?: number }): void;
declare function tell(message: string, violations: readonly { readonly field: string }[]): void;
`;
  expect(complaintsOf('readme-browser.ts', browser + around, inBrowser)).toBe('');
  expect(complaintsOf('readme-node.ts', node, inNode)).toBe('');
});

test('is less than 12 kB of modules as they are, in gzip, which import nothing but each other', () => {
  const folder = join(project, 'node_modules/entrepot/dist/libs/client');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const modules = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  for (const text of modules) expect(text).not.toMatch(/from ['"](?!\.)/);
  const bytes = modules.reduce((sum, text) => sum + text.length, 0);
  const zipped = modules.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  console.log(`${files.length} modules, ${bytes} bytes, ${zipped} in gzip one by one`);
  expect(zipped).toBeLessThan(12_000);
});

const withoutBrowser = !existsSync(browserPath) && process.env.CI !== 'true';
if (withoutBrowser) console.warn(`Skipped: there is no browser at ${browserPath} (Debian: apt-get install chromium).`);

test.skipIf(withoutBrowser)(
  'runs a whole search in a page of an origin that its client lists, and of no other',
  async () => {
    const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    try {
      const tab = await browser.newPage();
      const search = async (at: string, key: string): Promise<unknown> => {
        await tab.goto(at);
        return tab.evaluate(`search(${JSON.stringify({ url: fused.edgeUrl, key, departureDate })})`);
      };
      holds((await search(origin, shop.key)) as Seen);
      // The preflight does not know whose key will come; the call does, and the page may read why it is refused.
      expect(await search(origin, stranger.key)).toEqual({ refused: 'NOT_PERMITTED' });
      // A page that is among nobody's origins is told nothing: the browser keeps the answer.
      expect(await search(origin.replace('127.0.0.1', 'localhost'), shop.key)).toEqual({ refused: 'UNREACHABLE' });
    } finally {
      await browser.close();
    }
  },
);
