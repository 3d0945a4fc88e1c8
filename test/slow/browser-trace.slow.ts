// The console's view of traces in a real browser: a search's way from the edge to its partners.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { InMemorySpanExporter } from '../../libs/telemetry/index.ts';
import { expectAccessible, hasBrowser, keepScreenshot, openConsole, startBrowser, textOf } from '../browser/browser.ts';
import { begin, rows, searches, searchToEnd } from '../browser/search-page.ts';
import { flightSearch, type Rig, startRig } from '../support/fused-rig.ts';

const [flights] = searches;
const [failing = '', ...others] = flights!.partners;

let rig: Rig;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!hasBrowser) return;
  // With an exporter every request is recorded.
  [rig, browser] = await Promise.all([startRig({ spanExporter: new InMemorySpanExporter() }), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});
afterEach(async () => {
  await page?.context().close();
});

const spans = (of: Page): Locator => of.getByRole('tree', { name: 'Spans' }).getByRole('treeitem');
const spanWith = (of: Page, text: string | RegExp): Locator => spans(of).filter({ hasText: text });
const focused = (of: Page): Promise<string> => of.evaluate<string>('document.activeElement.textContent');

/** A trace as the API tells it. */
interface Told {
  readonly spans: readonly { readonly name: string; readonly kind: string; readonly startedAt: string }[];
}

const shifted = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();

/** Searches by the API, with one partner that fails; opens the trace and waits for its calls to partners. */
async function openTrace(): Promise<void> {
  await rig.scenario(failing, { errorShare: 1 });
  const { searchId } = await rig.search(flightSearch());
  await rig.scenario(failing, {});
  page = await openConsole(browser, rig.edgeUrl, { place: `trace/${searchId}` });
  for (const name of flights!.partners)
    await spanWith(page, new RegExp(`${name}.*search`))
      .first()
      .waitFor();
}

describe.skipIf(!hasBrowser)('the trace of a search', () => {
  test('is one link away, goes from the edge to every partner by name, and leads back', async () => {
    page = await openConsole(browser, rig.edgeUrl);
    await searchToEnd(page, flights!);
    const address = page.url();
    await page.getByRole('link', { name: 'Trace of this search' }).click();
    for (const name of flights!.partners)
      await spanWith(page, new RegExp(`${name}.*search · OK`))
        .first()
        .waitFor();
    expect(await textOf(spans(page).first())).toContain('POST /v1/searches');
    expect(await spans(page).first().getAttribute('aria-level')).toBe('1');
    const levels = await spans(page).evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('aria-level'))));
    expect(Math.max(...levels)).toBeGreaterThan(3);
    // Who was waited for adds up to what it took.
    expect(await page.locator('.time-spent li').count()).toBeGreaterThan(1);
    await keepScreenshot(page, 'trace-waterfall');
    await page.getByRole('link', { name: 'Back to the search' }).click();
    await page.locator('[data-offer]').first().waitFor();
    expect(page.url()).toBe(address);
  });

  test('is there once the search is no longer followed, which can be gone on with', async () => {
    await rig.scenario(failing, { hangShare: 1 });
    page = await openConsole(browser, rig.edgeUrl);
    await begin(page, flights!);
    await rows(page).first().waitFor();
    await page.getByRole('link', { name: 'Trace of this search' }).click();
    await spans(page).first().waitFor();
    await page.getByRole('link', { name: 'Back to the search' }).click();
    await rows(page).first().waitFor();
    await rig.scenario(failing, {});
  });

  test('shows a partner that failed as an error, with what it said', async () => {
    await openTrace();
    expect(await textOf(page.locator('.trace-head'))).toContain('1 span ended in an error');
    await page.getByRole('button', { name: 'Go to the error' }).click();
    const details = page.getByRole('complementary', { name: 'Span' });
    expect(await textOf(details.locator('.notice.bad'))).toContain('502');
    expect(await textOf(details)).toContain('entrepot.partner');
    const row = page.locator('.span-row[aria-selected="true"]');
    expect(await textOf(row)).toContain('Error');
    expect(await textOf(row)).toContain(failing);
    await expectAccessible(page);
    await keepScreenshot(page, 'trace-error');
    // The address leads to the same span.
    const address = page.url();
    await page.reload();
    await details.waitFor();
    expect(page.url()).toBe(address);
    expect(await textOf(details.locator('h3'))).toBe(failing);
  });

  test('needs no mouse', async () => {
    await openTrace();
    const press = (key: string) => page.keyboard.press(key);
    await spans(page).first().focus();
    const all = await spans(page).count();
    await press('ArrowLeft');
    await vi.waitFor(async () => expect(await spans(page).count()).toBe(1));
    expect(await textOf(spans(page).first())).toContain(`+${all - 1} spans`);
    expect(await spans(page).first().getAttribute('aria-expanded')).toBe('false');
    await press('ArrowRight');
    await vi.waitFor(async () => expect(await spans(page).count()).toBe(all));
    await press('ArrowRight');
    expect(await focused(page)).toBe(await spans(page).nth(1).textContent());
    await press('End');
    expect(await focused(page)).toBe(await spans(page).last().textContent());
    await press('e');
    const details = page.getByRole('complementary', { name: 'Span' });
    await details.waitFor();
    await vi.waitFor(async () => expect(await focused(page)).toContain(failing));
    // With the details open the arrows leaf through them.
    await press('ArrowUp');
    await vi.waitFor(async () => expect(await textOf(details.locator('h3'))).not.toBe(failing));
    await press('z');
    await page.getByRole('button', { name: 'Whole trace', exact: true }).waitFor();
    await keepScreenshot(page, 'trace-zoomed');
    const at = await focused(page);
    await press('Escape');
    await details.waitFor({ state: 'detached' });
    expect(await focused(page)).toBe(at);
  });

  test('stays while the edge cannot be reached, and says that it is reconnecting', async () => {
    await openTrace();
    const shown = await spans(page).count();
    const banner = page.getByText('Reconnecting to the edge');
    await page.context().setOffline(true);
    await banner.waitFor();
    expect(await spans(page).count()).toBe(shown);
    await keepScreenshot(page, 'trace-reconnecting');
    await page.context().setOffline(false);
    await banner.waitFor({ state: 'detached' });
  });

  test('says whose spans are missing, and marks what that and other clocks leave odd', async () => {
    const { searchId } = await rig.search(flightSearch());
    const { body } = await rig.call<Told>('GET', `/v1/traces/${searchId}`);
    const lost = body.spans.find(({ name, kind }) => kind === 'server' && name.endsWith('SupplyService/Search'));
    const early = body.spans.find(({ name, kind }) => kind === 'server' && name.endsWith('PricingService/Price'));
    const told = {
      ...body,
      spans: body.spans
        .filter((span) => span !== lost)
        .map((span) => (span === early ? { ...span, startedAt: shifted(span.startedAt, -30) } : span)),
      missingServices: ['supply'],
    };
    page = await openConsole(browser, rig.edgeUrl, { place: 'trace' });
    await page.route('**/v1/traces/odd', (route) => route.fulfill({ json: told }));
    await page.evaluate('location.hash = "#/trace/odd"');
    await page.getByText('supply could not be asked').waitFor();
    expect(await spanWith(page, 'span above not here').count()).toBeGreaterThan(0);
    expect(await textOf(spanWith(page, 'before its caller'))).toContain('PricingService/Price');
    await expectAccessible(page);
    await keepScreenshot(page, 'trace-odd');
  });

  test('that is not there is explained', async () => {
    page = await openConsole(browser, rig.edgeUrl, { place: 'trace/unknown' });
    await page.getByRole('heading', { name: 'No trace of this search is here' }).waitFor();
    await expectAccessible(page);
    await keepScreenshot(page, 'trace-absent');
  });

  test('breaks no rule of axe in dark and on 360 pixels, and neither does the list', async () => {
    await openTrace();
    for (const [theme, width] of [
      ['dark', 1440],
      ['light', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 900 });
      await page.locator(`html[data-theme="${theme}"]`).waitFor();
      const look = async (what: string): Promise<void> => {
        await expectAccessible(page);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        await keepScreenshot(page, `${what}-${theme}-${width}`);
      };
      await keepScreenshot(page, `trace-${theme}-${width}`);
      await spanWith(page, others[0]!).click();
      await page.getByRole('complementary', { name: 'Span' }).waitFor();
      await look('trace-span');
      await page.getByRole('button', { name: 'Close the details' }).click();
      await page.getByRole('link', { name: 'All traces' }).click();
      await page.locator('.trace-row').first().waitFor();
      await look('traces');
      await page.goBack();
      await spans(page).first().waitFor();
    }
  });
});

describe.skipIf(!hasBrowser)('the list of traces', () => {
  test('has the newest first, leads to each by keyboard, and can be asked for the errors and the slowest', async () => {
    const { searchId } = await rig.search(flightSearch());
    await rig.call('GET', `/v1/searches/${searchId}:explain`);
    await rig.call('GET', `/v1/offers/${searchId}-0-0`);
    await rig.search(flightSearch());
    page = await openConsole(browser, rig.edgeUrl, { place: 'trace' });
    const listed = page.locator('.trace-row');
    await listed.first().waitFor();
    const searched = await listed.count();
    await page.getByRole('combobox', { name: 'Show' }).selectOption('all');
    await vi.waitFor(async () => expect(await listed.count()).toBeGreaterThan(searched));
    await page.getByRole('combobox', { name: 'Show' }).selectOption('errors');
    await vi.waitFor(async () => expect(await textOf(listed.first())).toContain('Error'));
    await page.getByRole('combobox', { name: 'Show' }).selectOption('searches');
    await page.getByRole('combobox', { name: 'Order' }).selectOption('slowest');
    await vi.waitFor(() => expect(page.url()).toContain('order=slowest'));
    await page.reload();
    await listed.first().waitFor();
    expect(await page.getByRole('combobox', { name: 'Order' }).inputValue()).toBe('slowest');
    const second = await listed.nth(1).getAttribute('data-trace');
    await listed.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await spans(page).first().waitFor();
    expect(page.url()).toContain(`#/trace/${second}`);
    // Nobody has to find their place again, here or there.
    await vi.waitFor(async () => expect(await focused(page)).toBe(await spans(page).first().textContent()));
    await page.goBack();
    await vi.waitFor(async () => expect(await page.evaluate('document.activeElement.dataset.trace')).toBe(second));
  });
});
