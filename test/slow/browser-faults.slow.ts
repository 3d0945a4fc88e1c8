// The console while something dies: a partner in the middle of a search, and the edge under the page.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Fused, startFused } from '../../services/entrepot/fused.ts';
import { hasBrowser, keepScreenshot, openConsole, startBrowser, textOf } from '../browser/browser.ts';
import { begin, partner, rows, searches } from '../browser/search-page.ts';
import { askedPartners } from '../support/asked-partners.ts';
import { freePorts } from '../support/free-ports.ts';

const entrepot = join(import.meta.dirname, '../../services/entrepot/entrepot.ts');

/** A partner's server that takes requests and never answers, until it is killed. */
class SilentPartner {
  readonly #server: Server = createServer(() => this.#asked.resolve());
  #asked = Promise.withResolvers<void>();

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once it has been asked. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** As a killed process leaves it: every connection cut, nobody listening. */
  kill(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let browser: Browser;
let config: ReturnType<typeof askedPartners>;
let silent: SilentPartner;
let fused: Fused;
let page: Page;

/** Starts everything, with one partner's endpoint at a server of the test. */
async function startWith(name: string): Promise<void> {
  config = askedPartners();
  silent = new SilentPartner();
  const file = join(config.directory, 'partners', `${name}.yaml`);
  const endpoint = await silent.start();
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^endpoint: .+$/m, `endpoint: ${endpoint}`));
  fused = await startFused({ port: 0, inMemory: true, grpcAddress: '127.0.0.1:0', configDirectory: config.directory });
  const path = `${fused.twinUrl}/_scenario/`;
  for (const seller of searches.flatMap(({ partners }) => partners))
    if (seller !== name) await fetch(path + seller, { method: 'PUT', body: '{}' });
}

beforeAll(async () => {
  if (hasBrowser) browser = await startBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  await page?.context().close();
  silent?.kill();
  await fused?.close();
  config?.remove();
});

describe.skipIf(!hasBrowser).each(searches)('in a search for $vertical', (searched) => {
  const [killed = ''] = searched.partners;
  beforeEach(() => startWith(killed));

  test('a partner that is killed is shown as failed within a second', async () => {
    page = await openConsole(browser, fused.edgeUrl);
    await begin(page, searched);
    await rows(page).first().waitFor();
    await partner(page, killed, 'WAITING').waitFor();
    await silent.asked;
    // The page itself notes when its document says so: no poll of the test blurs it.
    const failed = `[data-partner="${killed}"][data-status="OUTCOME_STATUS_FAILED"]`;
    const failedAt = page.evaluate<number>(`new Promise((resolve) => {
      const look = () => document.querySelector('${failed}') && resolve(Date.now());
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
      look();
    })`);
    const killedAt = Date.now();
    silent.kill();
    const tookMs = (await failedAt) - killedAt;
    console.log(`${killed}: shown as failed ${tookMs} ms after it was killed`);
    await keepScreenshot(page, `${searched.vertical}-partner-killed`);
    expect(tookMs).toBeLessThan(1_000);
    expect(await textOf(page.locator('.missing li', { hasText: killed }).first())).toMatch(/connection/i);
  });
});

describe.skipIf(!hasBrowser).each(searches)('while a search for $vertical runs', (searched) => {
  const [slow = ''] = searched.partners;
  beforeEach(() => startWith(slow));
  const edges: ChildProcess[] = [];
  afterEach(() => {
    for (const edge of edges) edge.kill('SIGKILL');
  });

  /** An edge in a process of its own, so that it can be killed. */
  async function startEdge(port: number): Promise<ChildProcess> {
    const edge = spawn(process.execPath, [entrepot, 'serve', 'edge'], {
      env: {
        ...process.env,
        PORT: String(port),
        ENTREPOT_QUERY_ADDRESS: fused.grpcAddress,
        ENTREPOT_NORMALIZATION_ADDRESS: fused.grpcAddress,
        ENTREPOT_CONFIG: config.directory,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    edges.push(edge);
    await once(edge.stdout!, 'data');
    return edge;
  }

  test('an edge that dies is said to be gone, and the search goes on once it is back', async () => {
    const [port = 0] = await freePorts(1);
    const edge = await startEdge(port);
    page = await openConsole(browser, `http://127.0.0.1:${port}`);
    await begin(page, searched);
    await rows(page).first().waitFor();
    await silent.asked;
    const shown = await rows(page).count();
    const banner = page.getByText('Reconnecting to the edge');
    expect(await banner.count()).toBe(0);
    edge.kill('SIGKILL');
    await banner.waitFor();
    // What was there stays.
    expect(await rows(page).count()).toBe(shown);
    await keepScreenshot(page, `${searched.vertical}-reconnecting`);
    await startEdge(port);
    await banner.waitFor({ state: 'detached' });
    silent.kill();
    // Failed; or cancelled, where the edge was away for longer than a search waits for who follows it.
    await page.locator(`[data-partner="${slow}"]:not([data-status="WAITING"])`).waitFor();
    expect(await rows(page).count()).toBeGreaterThan(0);
    expect(await page.getByRole('alert').count()).toBe(0);
    await keepScreenshot(page, `${searched.vertical}-reconnected`);
  });
});
