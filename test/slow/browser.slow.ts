// The console's search view in a real browser, over everything in one process.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectAccessible, hasBrowser, keepScreenshot, openConsole, startBrowser, textOf } from '../browser/browser.ts';
import { begin, partner, rows, searches, searchToEnd, total } from '../browser/search-page.ts';
import { daysAhead, flightSellers, type Rig, startRig } from '../support/fused-rig.ts';

let rig: Rig;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!hasBrowser) return;
  [rig, browser] = await Promise.all([startRig(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});
beforeEach(async () => {
  for (const name of searches.flatMap(({ partners }) => partners)) await rig?.scenario(name, {});
});
afterEach(async () => {
  await page?.context().close();
});

describe.skipIf(!hasBrowser).each(searches)('a search for $vertical', (searched) => {
  const [slow = ''] = searched.partners;

  test('shows offers while partners are still asked', async () => {
    await rig.scenario(slow, { hangShare: 1 });
    page = await openConsole(browser, rig.edgeUrl);
    await begin(page, searched);
    await rows(page).first().waitFor();
    await partner(page, slow, 'WAITING').waitFor();
    expect(await rows(page).count()).toBeGreaterThan(0);
    await keepScreenshot(page, `${searched.vertical}-answering`);
    await partner(page, slow, 'OUTCOME_STATUS_TIMED_OUT').waitFor();
    const missing = page.locator('.missing li', { hasText: slow });
    expect(await textOf(missing.first())).toMatch(/timed out/i);
    await keepScreenshot(page, `${searched.vertical}-missing`);
  });

  test('is narrowed down by a facet, and widened again', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    await searchToEnd(page, searched);
    const before = await total(page);
    const facet = page.locator(`[data-facet="${searched.facet}"]`);
    const values = await facet.locator('.facet-value').count();
    await facet.getByLabel(searched.value, { exact: false }).first().check();
    await vi.waitFor(async () => expect(await total(page)).toBeLessThan(before), { timeout: 10_000 });
    // The other values stay to be chosen as well.
    await vi.waitFor(async () => expect(await facet.locator('.facet-value').count()).toBe(values), { timeout: 10_000 });
    await keepScreenshot(page, `${searched.vertical}-narrowed`);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await vi.waitFor(async () => expect(await total(page)).toBe(before), { timeout: 10_000 });
  });

  test('explains a price down to the shown one, its identity, its rank and its source', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    await searchToEnd(page, searched);
    const row = rows(page).nth(2);
    const shown = await textOf(row.locator('.total'));
    await row.click();
    const panel = page.getByRole('complementary', { name: 'Offer' });
    const lines = panel.locator('.ledger tbody tr');
    await lines.first().waitFor();
    expect(await textOf(lines.last().locator('td').last())).toBe(shown);
    expect(await textOf(panel.locator('.ledger-total'))).toBe(shown);
    await keepScreenshot(page, `${searched.vertical}-price`);
    await panel.getByRole('tab', { name: 'Rank' }).click();
    expect(await textOf(panel.locator('.position'))).toBe('3');
    await panel.getByRole('tab', { name: 'Source' }).click();
    expect(JSON.parse(await textOf(panel.locator('.partner-row')))).toEqual(expect.any(Object));
    await panel.getByRole('tab', { name: 'Identity' }).click();
    await panel.locator('.evidence li').first().waitFor();
    await keepScreenshot(page, `${searched.vertical}-identity`);
  });

  test('can be passed on: its address leads to the same offer, tab and choice', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    await searchToEnd(page, searched);
    await page.locator(`[data-facet="${searched.facet}"]`).getByLabel(searched.value).first().check();
    await vi.waitFor(() => expect(page.url()).toContain('where='));
    await rows(page).nth(1).click();
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.locator('.partner-row').waitFor();
    const price = await textOf(page.locator('.panel-price strong').first());
    await page.reload();
    await page.locator('.partner-row').waitFor();
    expect(await textOf(page.locator('.panel-price strong').first())).toBe(price);
    expect(await page.locator(`[data-facet="${searched.facet}"]`).getByLabel(searched.value).first().isChecked()).toBe(
      true,
    );
    // The form says what was sought, though nobody typed it here.
    expect(await textOf(page.locator('.segment.on'))).toBe(searched.title);
  });

  test('needs no mouse', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    const press = (key: string) => page.keyboard.press(key);
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await press('Tab');
    expect(await focused()).toBe('Skip to content');
    await press('Enter');
    await press('Tab');
    for (let step = 0; step < searches.indexOf(searched); step++) await press('ArrowRight');
    await press('/');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('INPUT');
    await press('Enter');
    for (const name of searched.partners) await partner(page, name, 'OUTCOME_STATUS_OK').waitFor();
    await page.locator('.toolbar select').last().focus();
    for (let step = 0; step < 3 && !(await isRow(page)); step++) await press('Tab');
    expect(await isRow(page)).toBe(true);
    await press('ArrowDown');
    await press('Enter');
    await page.locator('.ledger').waitFor();
    const second = await textOf(page.locator('.panel-price strong').first());
    expect(second).toBe(await textOf(rows(page).nth(1).locator('.total')));
    // With the panel open the arrows leaf through offers.
    await press('ArrowDown');
    await vi.waitFor(async () => expect(await rows(page).nth(2).getAttribute('aria-selected')).toBe('true'));
    await press('Escape');
    await page.locator('.panel').waitFor({ state: 'detached' });
    expect(await isRow(page)).toBe(true);
  });

  test.each(['light', 'dark'] as const)('breaks no rule of axe (%s)', async (theme) => {
    page = await openConsole(browser, rig.edgeUrl, { theme });
    await expectAccessible(page);
    await rig.scenario(slow, { errorShare: 1 });
    await begin(page, searched);
    await partner(page, slow, 'OUTCOME_STATUS_FAILED').waitFor();
    for (const name of searched.partners.slice(1)) await partner(page, name, 'OUTCOME_STATUS_OK').waitFor();
    await rows(page).first().click();
    for (const tab of ['Price', 'Identity', 'Rank', 'Source', 'Item']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.locator('.panel .stack').waitFor();
      await expectAccessible(page);
    }
    await keepScreenshot(page, `${searched.vertical}-${theme}`);
  });

  test('fits a screen of 360 pixels', async () => {
    page = await openConsole(browser, rig.edgeUrl, { width: 360 });
    await searchToEnd(page, searched);
    await expectAccessible(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await keepScreenshot(page, `${searched.vertical}-360`);
    await rows(page).first().click();
    await page.locator('.ledger').waitFor();
    await keepScreenshot(page, `${searched.vertical}-360-panel`);
  });
});

const isRow = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.activeElement.getAttribute("role") === "option"');

describe.skipIf(!hasBrowser)('what the edge refuses', () => {
  test('is said beside the field that it is about', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    await page.getByLabel('Origin').fill('LOL1');
    await page.locator('.form .submit').click();
    await page.locator('.complaint').first().waitFor();
    expect(await textOf(page.getByRole('alert'))).toContain('flight.origin');
    await expectAccessible(page);
    await keepScreenshot(page, 'refused');
  });

  test('a search that is no longer held can be made again, or the form says what to do', async () => {
    page = await openConsole(browser, `${rig.edgeUrl}/#/search/gone`);
    await page.getByText('This search is no longer held').waitFor();
    await expectAccessible(page);
    await keepScreenshot(page, 'expired');
  });

  test('without a key it asks for one, and keeps it for the tab alone', async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    const problem = {
      title: 'Unauthenticated',
      status: 401,
      reason: 'UNAUTHENTICATED',
      detail: 'No credentials came.',
    };
    await page.route('**/v1/caller', (route) =>
      route.request().headers().authorization === 'Bearer right'
        ? route.fulfill({ json: { client: 'tester', permissions: ['PERMISSION_SEARCH'] } })
        : route.fulfill({ status: 401, contentType: 'application/problem+json', json: problem }),
    );
    await page.goto(rig.edgeUrl);
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('alert').waitFor();
    await expectAccessible(page);
    await page.getByLabel('Key').fill('right');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('tester').waitFor();
    expect(await page.evaluate('[localStorage.length, sessionStorage.getItem("entrepot-key")]')).toEqual([0, 'right']);
  });
});

test.skipIf(!hasBrowser)("the browser's own EventSource runs a whole search, and closes when it is over", async () => {
  page = await openConsole(browser, rig.edgeUrl);
  const flight = `flight.origin=LHR&flight.destination=JFK&flight.departureDate=${daysAhead(60)}&flight.adults=1`;
  const address = `/v1/searches:stream?${flight}&currency=GBP&market=GB`;
  const seen = await page.evaluate(`new Promise((resolve) => {
    const offers = new Set();
    const outcomes = new Set();
    const ids = [];
    const said = [];
    const source = new EventSource(${JSON.stringify(address)});
    source.addEventListener('update', ({ data, lastEventId }) => {
      const update = JSON.parse(data);
      for (const { offerId } of update.upserts ?? []) offers.add(offerId);
      for (const { partner } of update.outcomes ?? []) outcomes.add(partner);
      ids.push(lastEventId);
    });
    for (const name of ['end', 'problem']) source.addEventListener(name, () => said.push(name));
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      resolve({ offers: offers.size, outcomes: [...outcomes].sort(), twice: ids.length - new Set(ids).size, said });
    });
  })`);
  expect(seen).toEqual({ offers: expect.any(Number), outcomes: flightSellers, twice: 0, said: ['end'] });
  expect((seen as { readonly offers: number }).offers).toBeGreaterThanOrEqual(20);
});
