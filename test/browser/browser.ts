// A real browser: Debian's Chromium, driven over its own protocol.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a browser. In CI there has to be one: its tests are never passed over there. */
export const hasBrowser = process.env.CI === 'true' || existsSync(executable);

if (!hasBrowser) console.warn(`Skipped: ${executable} is not there (Debian: apt-get install chromium).`);

const artifacts = join(import.meta.dirname, '../../artifacts/screenshots');

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  mkdirSync(artifacts, { recursive: true });
  // CI runs as root in a container, where Chromium's own sandbox cannot be set up.
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
}

/** How a page is opened. */
export interface PageOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  /** Where in the console: "partners", "trace/4f2a". Default: the search view. */
  readonly place?: string;
}

/** A page with the console, on its own: nothing of an earlier one is kept. */
export async function openConsole(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: options.theme ?? 'light',
    viewport: { width: options.width ?? 1440, height: 900 },
    locale: 'en-GB',
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  const { place } = options;
  await page.goto(place === undefined ? url : new URL(`/#/${place}`, url).href);
  await page
    .locator(place === undefined ? '.form .submit' : '#content h2')
    .first()
    .waitFor();
  return page;
}

/** Keeps what a page shows, for who looks at a run later. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(artifacts, `${name}.png`) });
}

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** Holds a page against the rules of axe: no violation of any. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join('\n')}`);
  expect(told).toEqual([]);
}

/** The text of what a locator leads to. */
export const textOf = async (locator: Locator): Promise<string> => ((await locator.textContent()) ?? '').trim();
