// The console's view of partners in a real browser, over everything in one process.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  expectAccessible,
  hasBrowser,
  keepScreenshot,
  openConsole,
  type PageOptions,
  startBrowser,
  textOf,
} from '../browser/browser.ts';
import { troubledPartners } from '../browser/troubled-partners.ts';
import { flightSearch, type Rig, startRig } from '../support/fused-rig.ts';

let rig: Rig;
let browser: Browser;
let page: Page;

const failing = 'duffel';
const well = 'amadeus';
const unasked = 'karhoo';
const searches = 6;

beforeAll(async () => {
  if (!hasBrowser) return;
  [rig, browser] = await Promise.all([startRig(), startBrowser()]);
  await rig.scenario(failing, { errorShare: 1 });
  for (let adults = 1; adults <= searches; adults++) await rig.search(flightSearch({ pageSize: 1 }, { adults }));
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});
afterEach(async () => {
  await page?.context().close();
});

const open = async (place: string, options: PageOptions = {}): Promise<void> => {
  page = await openConsole(browser, rig.edgeUrl, { ...options, place });
};
const line = (name: string) => page.locator(`tr[data-partner="${name}"]`);
const cell = (name: string, of: string): Promise<string> => textOf(line(name).locator(`.of-${of}`));
const names = (): Promise<string[]> => page.locator('tr[data-partner] a').allTextContents();

describe.skipIf(!hasBrowser)('the list of partners', () => {
  test('shows of each what its searches ended with, how long it took, its grade and its share', async () => {
    await open('partners');
    await line(well).waitFor();
    expect(await cell(well, 'state')).toBe('Answering');
    expect(await cell(well, 'outcomes')).toBe('100 % OK');
    expect(await cell(well, 'searches')).toBe(String(searches));
    expect(await cell(well, 'p95')).toMatch(/^\d[\d.]* m?s · \d[\d.]* m?s$/);
    expect(await line(well).locator('.spark path.p50').first().getAttribute('d')).not.toBe(null);
    expect(await cell(well, 'grade')).toBe('A');
    expect(await cell(well, 'share')).toBe('100 %');
    // What nobody asked is not zero.
    expect(await cell(unasked, 'state')).toBe('Not asked yet');
    expect(await cell(unasked, 'outcomes')).toBe('no searches yet');
    expect(await cell(unasked, 'p95')).toBe('no answers');
    expect(await cell(unasked, 'accuracy')).toBe('not checked');
    await keepScreenshot(page, 'partners');
  });

  test('follows what happens without being loaded again', async () => {
    await open('partners?vertical=flight');
    await line(well).waitFor();
    expect(await names()).not.toContain(unasked);
    const before = Number(await cell(well, 'searches'));
    await rig.search(flightSearch({ pageSize: 1 }, { adults: 1, destination: 'BOS' }));
    await vi.waitFor(async () => expect(Number(await cell(well, 'searches'))).toBe(before + 1), { timeout: 10_000 });
  });

  test('has a failing partner first, and leads to why, by mouse', async () => {
    await open('partners');
    await line(failing).waitFor();
    expect((await names())[0]).toBe(failing);
    expect(await cell(failing, 'state')).toMatch(/^Failing.*Answered 0 of/);
    expect(await cell(failing, 'breaker')).toMatch(/open in GB/);
    await page.getByRole('button', { name: 'Failing' }).click();
    await vi.waitFor(async () => expect(await names()).toEqual([failing]));
    await line(failing).click();
    await page.getByRole('heading', { name: failing, level: 2 }).waitFor();
    expect(await textOf(page.locator('.partner-detail .notice'))).toMatch(/Failing\..*Suspended in GB\./);
    expect(await textOf(page.locator('[data-card="breaker"]'))).toMatch(/Open for errors in GB since/);
    const [last] = await page.locator('.column:has(.stack-of)').all();
    await last!.hover();
    expect(await textOf(page.locator('.readout'))).toMatch(/\d searches?: .*failed/);
    await keepScreenshot(page, 'partner-failing');
  });

  test('needs no mouse', async () => {
    await open('partners');
    await line(failing).waitFor();
    const press = (key: string) => page.keyboard.press(key);
    await page.getByRole('button', { name: 'p50 · p95' }).focus();
    await press('Enter');
    await vi.waitFor(async () => expect((await names())[0]).not.toBe(failing));
    expect(page.url()).toContain('sort=-p95');
    await page.getByRole('button', { name: 'Failing' }).focus();
    await press('Space');
    await vi.waitFor(async () => expect(await names()).toEqual([failing]));
    await line(failing).locator('a').focus();
    await press('Enter');
    const moment = page.getByRole('slider', { name: 'Moment in the window' });
    await moment.focus();
    for (let step = 0; step < 40 && !/failed/.test((await moment.getAttribute('aria-valuetext')) ?? ''); step++)
      await press('ArrowLeft');
    expect(await moment.getAttribute('aria-valuetext')).toMatch(/failed/);
    await press('Tab');
    await press('Enter');
    await page
      .getByRole('cell', { name: /failed/ })
      .first()
      .waitFor();
    await page.getByRole('radio', { name: '15 min' }).focus();
    await press('ArrowRight');
    await vi.waitFor(() => expect(page.url()).toContain('window=60'));
    await page.getByRole('link', { name: 'All partners' }).focus();
    await press('Enter');
    await page.getByRole('heading', { name: 'Partners', level: 2 }).waitFor();
    expect(page.url()).toContain('window=60');
  });
});

describe.skipIf(!hasBrowser)('one partner', () => {
  test('is led to by its address, and is there again after a reload', async () => {
    await open(`partners/${well}?window=5`);
    const shown = async (): Promise<void> => {
      await page.locator('.figure').first().waitFor();
      expect(await page.getByRole('radio', { name: '5 min', exact: true }).isChecked()).toBe(true);
      expect(await textOf(page.locator('.notice').first())).toMatch(/Answering/);
      expect(await textOf(page.locator('[data-card="certification"]'))).toMatch(/A\d+ of \d+ checks passed/);
    };
    await shown();
    await page.reload();
    await shown();
  });

  test('that is not configured is said to be none', async () => {
    await open('partners/nobody');
    await page.getByText('No partner has that name').waitFor();
  });
});

test.skipIf(!hasBrowser)('an edge that is away is said to be, and what was there stays until it is back', async () => {
  await open('partners');
  await line(well).waitFor();
  const banner = page.getByText('Reconnecting to the edge');
  expect(await banner.count()).toBe(0);
  await page.route('**/v1/**', (route) => route.abort('connectionrefused'));
  await banner.waitFor();
  expect(await cell(well, 'grade')).toBe('A');
  await keepScreenshot(page, 'partners-reconnecting');
  await page.unroute('**/v1/**');
  await banner.waitFor({ state: 'detached' });
  expect(await page.getByRole('alert').count()).toBe(0);
});

describe.skipIf(!hasBrowser)('every kind of trouble', () => {
  async function openTroubled(place: string, options: PageOptions = {}): Promise<void> {
    const answers = troubledPartners(Date.now());
    await open('search', options);
    await page.route('**/v1/**', (route) => {
      const { pathname, searchParams } = new URL(route.request().url());
      const answer = answers[pathname];
      if (answer === undefined) return route.continue();
      const wanted = searchParams.get('partner');
      return route.fulfill({ json: wanted === null ? answer : only(answer, wanted) });
    });
    await page.goto(`${rig.edgeUrl}/#/${place}`);
    await page.locator('.waiting').waitFor({ state: 'detached' });
  }

  test('is told in words', async () => {
    await openTroubled('partners');
    const state = (name: string): Promise<string> => textOf(line(name).locator('.of-state .state'));
    expect(await Promise.all(['drifting', 'feeding', 'off', 'overpriced'].map(state))).toEqual([
      'Degraded',
      'Feed broken',
      'Switched off',
      'Suspended',
    ]);
    expect(await textOf(page.locator('.unheard'))).toMatch(/^1 of 3 replicas did not say/);
    expect(await cell('drifting', 'accuracy')).toBe('82 %of 280');
    expect(await cell('drifting', 'budget')).toBe('4 %');
    expect(await cell('overpriced', 'budget')).toBe('spent');
    await line('drifting').click();
    const card = (name: string): Promise<string> => textOf(page.locator(`[data-card="${name}"]`));
    await page.locator('[data-card="drift"]').waitFor();
    expect(await textOf(page.locator('.partner-detail .notice'))).toMatch(/Degraded.*Drift alarm.*Demoted in GB/);
    expect(await textOf(page.locator('.spread .hidden'))).toMatch(/^3 up to 100 ms, .*4 up to 1\.3 s$/);
    expect(await card('drift')).toMatch(/1 alarm.*Retyped.*data\[\]\.price\.total.*golden case drift-2027-01-11-1/);
    expect(await card('budget')).toMatch(/4 % left.*479,000 of 500,000 requests.*31 requests.*alone/);
    expect(await card('accuracy')).toMatch(
      /75 % as shown, 2 % cheaper, 20 % dearer, 3 % gone.*£331\.10 was found \(\+6\.88 %\)/,
    );
    expect(await card('quarantine')).toMatch(/1 offer£3\.10 in GB; 3 other partners ask £311\.00/);
    expect(await card('quality')).toMatch(/5 % rejected.*800 Missing field.*40 Code unknown \(cabin\).*Cabin63 %/);
    expect(await card('certification')).toMatch(/48 of 50 checks passed.*p95 of 4\.1 s/);
  });

  test.each([
    { theme: 'light', width: 1440, partners: ['', 'drifting', 'overpriced', 'feeding'] },
    { theme: 'dark', width: 1440, partners: ['', 'drifting'] },
    { theme: 'light', width: 360, partners: ['', 'drifting'] },
  ] as const)('breaks no rule of axe and fits its page ($theme, $width)', async ({ partners, ...options }) => {
    await openTroubled('partners', options);
    for (const name of partners) {
      await page.goto(`${rig.edgeUrl}/#/partners${name === '' ? '' : `/${name}`}`);
      await page
        .locator(name === '' ? 'tr[data-partner]' : '.partner-detail')
        .first()
        .waitFor();
      await page.getByRole('heading', { name: name === '' ? 'Partners' : name, level: 2 }).waitFor();
      await expectAccessible(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width);
      // The list is a table for who listens, however it is laid out.
      if (name === '') expect(await page.getByRole('row').count()).toBe(5);
      await keepScreenshot(page, `partners-${name === '' ? 'all' : name}-${options.theme}-${options.width}`);
    }
  });
});

/** The parts of an answer that are of one partner. */
function only(answer: object, partner: string): object {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((one: { partner?: string }) => one.partner === partner) : (value as unknown),
    ]),
  );
}
