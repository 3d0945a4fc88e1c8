// The console's catalogue view in a real browser, over a catalogue that is filled by hand.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeKey } from '../../libs/clients/index.ts';
import { Review, ReviewKind, ReviewState } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { clientsFrom } from '../../services/edge/access/test-clients.ts';
import {
  expectAccessible,
  hasBrowser,
  keepScreenshot,
  openConsole,
  type PageOptions,
  startBrowser,
  textOf,
} from '../browser/browser.ts';
import { type CatalogueRig, fillCatalogue, startCatalogue } from '../support/catalogue-rig.ts';

let rig: CatalogueRig;
let url: string;
let browser: Browser;
let page: Page;
/** Ids of the reviews by the code of their left side. */
let ids: ReadonlyMap<string, string>;

const everything = {
  vertical: '',
  state: ReviewState.OPEN,
  kind: ReviewKind.UNSPECIFIED,
  pageSize: 200,
  pageToken: '',
};

beforeAll(async () => {
  if (!hasBrowser) return;
  [rig, browser] = await Promise.all([startCatalogue(), startBrowser()]);
  [{ url }] = await Promise.all([rig.startEdge(), fillCatalogue(rig)]);
  const { reviews } = await rig.client.listReviews(everything);
  ids = new Map(reviews.map(({ reviewId, left }) => [left?.key ?? '', reviewId]));
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});
afterEach(async () => {
  await page?.context().close();
});

/** What the platform says of a review now. */
async function reviewNow(code: string): Promise<Review> {
  const { review } = await rig.client.getReview({ reviewId: ids.get(code) ?? '' });
  if (review === undefined) throw new Error(`There is no review of ${code}.`);
  return review;
}

/** Opens the view, or one review in it. Pictures come from the test. */
async function open(code = '', options: PageOptions & { readonly query?: string; readonly at?: string } = {}) {
  const { query = '', at = url, ...rest } = options;
  page = await openConsole(browser, at, { ...rest, place: 'catalogue' });
  await page.route('https://pictures.test/**', (route) =>
    route.request().url().includes('gone')
      ? route.abort()
      : route.fulfill({ contentType: 'image/svg+xml', body: house }),
  );
  if (code === '') return;
  await page.goto(`${at}/#/catalogue/${ids.get(code)}${query}`);
  await page.locator('.review .tab-panel > *').waitFor();
}

const house = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 100"><path fill="#9cc4e4" d="M0 0h160v100H0z"/>
  <path fill="#c97b4a" d="M40 45l40-30 40 30z"/><path fill="#f3e3c8" d="M48 45h64v45H48z"/><path fill="#5b7f4a" d="M0 90h160v10H0z"/></svg>`;

const row = (code: string): Locator => page.locator(`[data-review="${ids.get(code)}"]`);
const answer = (name: string): Locator => page.getByRole('button', { name: new RegExp(`^${name}`) });
const stateOf = async (code: string): Promise<ReviewState> => (await reviewNow(code)).state;
const sayWho = (): Promise<void> => page.locator('#reviewer').fill('ines@example.org');

describe.skipIf(!hasBrowser)('the catalogue', () => {
  test('lists what waits, and shows both sides with the evidence', async () => {
    await open();
    await row('suites').waitFor();
    expect(await textOf(page.locator('.open-count'))).toBe(`${ids.size} open`);
    await keepScreenshot(page, 'catalogue-queue');
    await page.getByLabel('Question').selectOption('Key changed?');
    await row('changed').waitFor();
    expect(await page.locator('.queue-row').count()).toBe(1);
    await page.getByLabel('Question').selectOption('All');
    await page.getByLabel('Vertical').selectOption('Good');
    await row('phone').waitFor();
    expect(await page.locator('.queue-row').count()).toBe(2);
    await page.getByLabel('Vertical').selectOption('All');
    await row('suites').click();
    const attribute = (name: string): Locator => page.locator(`[data-attribute="${name}"]`);
    expect(await attribute('property_name').getAttribute('data-agreement')).toBe('differs');
    expect(await textOf(attribute('property_name').locator('mark'))).toBe('Suites');
    expect(await textOf(attribute('zone').locator('.agreement'))).toBe('Agrees');
    expect(await textOf(attribute('phone'))).toContain('Only the right');
    expect(await attribute('star_rating').getAttribute('data-agreement')).toBe('differs');
    expect(await textOf(page.locator('.distance'))).toBe('86 m apart');
    await page.getByAltText('No. 1 of Can Rosselló Suites').waitFor();
    await page.getByText('cannot be loaded').waitFor();
    const { evidence } = await reviewNow('suites');
    expect(await page.locator('.evidence-bars li').count()).toBe(evidence.length + 1);
    expect(await textOf(page.locator('#consequence-same'))).toBe(
      '2 listings will stand together as “Can Rosselló Suites”.',
    );
    await keepScreenshot(page, 'catalogue-review');
  });

  test('is decided with the mouse, goes on with the next, and can be taken back at once', async () => {
    await open('garden');
    await sayWho();
    await page.getByPlaceholder('Reason').fill('Two doors of one house.');
    await answer('Same product').click();
    await page.locator('.last-word').getByText('are the same product').waitFor();
    await row('garden').waitFor({ state: 'detached' });
    expect(page.url()).not.toContain(ids.get('garden'));
    await page.locator('.pair').waitFor();
    expect(await page.getByPlaceholder('Reason').inputValue()).toBe('');
    expect(await reviewNow('garden')).toMatchObject({ state: ReviewState.SAME, decidedBy: 'ines@example.org' });
    await keepScreenshot(page, 'catalogue-decided');
    await page.locator('.last-word button').click();
    await page.locator('.last-word').getByText('Taken back').waitFor();
    await row('garden').waitFor();
    expect(page.url()).toContain(ids.get('garden'));
    expect(await stateOf('garden')).toBe(ReviewState.OPEN);
  });

  test('needs no mouse', async () => {
    await open('camera');
    const press = (key: string): Promise<void> => page.keyboard.press(key);
    await press('d');
    // Nobody has said who decides: the page asks, and keeps nothing yet.
    await page.getByText('Say first who decides').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('reviewer');
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await page.keyboard.type('ned');
    expect(await stateOf('camera')).toBe(ReviewState.OPEN);
    await press('Enter');
    await press('d');
    await page.locator('.last-word').getByText('are different products').waitFor();
    expect(await reviewNow('camera')).toMatchObject({ state: ReviewState.DIFFERENT, decidedBy: 'ned' });
    const second = page.url();
    await press('n');
    await vi.waitFor(() => expect(page.url()).not.toBe(second));
    expect(await page.locator('.queue-row .chip', { hasText: 'later' }).count()).toBe(1);
    await press('k');
    await vi.waitFor(() => expect(page.url()).toBe(second));
    await press('u');
    await page.locator('.last-word').getByText('Taken back').waitFor();
    expect(await stateOf('camera')).toBe(ReviewState.OPEN);
    await press('Escape');
    await page.getByText('Latest decisions').waitFor();
    await page.locator('.overview [data-kind="PRODUCT_EVENT_KIND_UNDONE"]').first().waitFor();
    expect(await page.getByRole('button', { name: 'Show earlier ones' }).count()).toBe(0);
    // A page that is loaded anew knows who decides.
    await page.reload();
    await row('camera').waitFor();
    expect(await page.locator('#reviewer').inputValue()).toBe('ned');
  });

  test('is taken back from the history too, after what builds on it', async () => {
    const { client } = rig;
    const word = { author: 'ana', reason: 'The same lens mount.' };
    const { reviewId, left } = await reviewNow('camera');
    const decided = await client.decide({ decision: { $case: 'review', value: { reviewId, same: true } }, ...word });
    const phone = (await reviewNow('phone')).left?.productId ?? '';
    const merge = { intoProductId: phone, productIds: [left?.productId ?? ''], etag: '' };
    await client.decide({ decision: { $case: 'merge', value: merge }, ...word });
    await open('camera', { query: '?tab=history' });
    await page.getByText('Decided: the same product').waitFor();
    await sayWho();
    const event = page.locator(`[data-event="${decided.event?.eventId}"]`);
    expect(await textOf(event)).toContain('The same lens mount.');
    await event.getByRole('button').click();
    await page.getByText('A later event builds on it').waitFor();
    await keepScreenshot(page, 'catalogue-history');
    await page.getByRole('button', { name: 'Take back all 2' }).click();
    await page.locator('.last-word').getByText('Taken back').waitFor();
    expect([await stateOf('camera'), await stateOf('phone')]).toEqual([ReviewState.OPEN, ReviewState.OPEN]);
  });

  test('says what happened where somebody else was faster', async () => {
    await open('lodge');
    await sayWho();
    const { reviewId } = await reviewNow('lodge');
    // What the page reads comes late, so that it cannot have known.
    const released = Promise.withResolvers<void>();
    await page.route(`**/v1/reviews**`, (route) => released.promise.then(() => route.continue()));
    const word = { author: 'ben', reason: '' };
    const value = { reviewId, same: false };
    const { event } = await rig.client.decide({ decision: { $case: 'review', value }, ...word });
    await answer('Same product').click();
    await page.getByText('Somebody was faster').waitFor();
    released.resolve();
    await page.getByText('Decided: different products').waitFor();
    expect(await textOf(page.locator('.standing'))).toContain('By ben');
    expect(await answer('Same product').count()).toBe(0);
    await keepScreenshot(page, 'catalogue-conflict');
    await page.locator('.standing').getByRole('button', { name: 'Next review' }).click();
    await answer('Same product|^Still the same').waitFor();
    await rig.client.undo({ eventId: event?.eventId ?? '', ...word });
  });

  test('of a key that changed, shows what was said and what is said now', async () => {
    await open('changed');
    expect(await textOf(page.locator('.review h3'))).toBe('Does this key still mean the same stay?');
    expect(await textOf(page.locator('#consequence-different'))).toContain('becomes a product of its own');
    await sayWho();
    await page.keyboard.press('Enter');
    await page.locator('.review h3').click();
    await page.keyboard.press('s');
    // No product changed: there is nothing to take back.
    await page.locator('.last-word').getByText('No product changed').waitFor();
    expect(await page.locator('.last-word button').count()).toBe(0);
    expect(await reviewNow('changed')).toMatchObject({ state: ReviewState.SAME, eventId: '' });
    await page.goBack();
    await page.getByText('there is nothing to take back').waitFor();
  });

  test('is kept in the address: tab, filters and review outlive a reload', async () => {
    await open();
    await page.getByLabel('Vertical').selectOption('Good');
    await row('phone').click();
    await page.getByRole('tab', { name: 'Products' }).click();
    await page.locator('.product-keys').first().waitFor();
    await page.reload();
    await page.locator('.product-keys').first().waitFor();
    expect(await page.getByLabel('Vertical').inputValue()).toBe('good');
    expect(await row('phone').getAttribute('aria-current')).toBe('true');
    await page.goto(`${url}/#/catalogue/rv_none`);
    await page.getByText('There is no such review').waitFor();
  });

  test('to a key that may only look, has no answers and says why', async () => {
    const { key, hash } = makeKey('looks');
    const clients = clientsFrom(
      `clients: { looker: { permissions: [CATALOGUE_READ], keys: [{ id: looks, hash: '${hash}' }] } }`,
    );
    const edge = await rig.startEdge({ clients });
    page = await openConsole(browser, edge.url, { place: `catalogue/${ids.get('phone')}` });
    await page.getByLabel('Key').fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('CATALOGUE_WRITE').waitFor();
    expect(await answer('Same product').count()).toBe(0);
    expect(await page.locator('#reviewer').count()).toBe(0);
    await page.keyboard.press('s');
    await page.keyboard.press('n');
    await vi.waitFor(() => expect(page.url()).not.toContain(ids.get('phone')));
    expect(await stateOf('phone')).toBe(ReviewState.OPEN);
    expect(await page.evaluate('[localStorage.length, Object.keys(sessionStorage)]')).toEqual([0, ['entrepot-key']]);
    await keepScreenshot(page, 'catalogue-reader');
  });

  test('says when it is reconnecting, and goes on', async () => {
    const edge = await rig.startEdge();
    await open('suites', { at: edge.url });
    // The page's own clock is put forward to when it asks again.
    await page.clock.install();
    await page.reload();
    await page.locator('.pair').waitFor();
    const banner = page.getByText('Reconnecting to the edge');
    expect(await banner.count()).toBe(0);
    await edge.close();
    await page.clock.fastForward(4_000);
    await banner.waitFor();
    await page.locator('.pair').waitFor();
    await keepScreenshot(page, 'catalogue-reconnecting');
    await rig.startEdge({ port: Number(new URL(edge.url).port) });
    await page.clock.fastForward(4_000);
    await banner.waitFor({ state: 'detached' });
  });

  test('loads a long queue page by page', async () => {
    await open();
    const first = Review.toJSON(await reviewNow('suites')) as object;
    await page.route('**/v1/reviews?**', (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const from = Number(asked.get('pageToken') ?? 0);
      const to = Math.min(from + Number(asked.get('pageSize')), 230);
      const made = Array.from({ length: to - from }, (_, at) => ({ ...first, reviewId: `rv_${from + at}` }));
      return route.fulfill({
        json: { reviews: made, totalSize: 230, ...(to < 230 && { nextPageToken: String(to) }) },
      });
    });
    await page.getByLabel('Vertical').selectOption('Stay');
    const more = page.getByRole('button', { name: 'Load more' });
    for (const loaded of [50, 100, 150, 200]) {
      await page.getByText(`${loaded} of 230 loaded`).waitFor();
      expect(await page.locator('.queue-row').count()).toBe(loaded);
      await more.click();
    }
    await page.getByText('230 in all').waitFor();
    expect(await page.locator('[data-review="rv_229"]').count()).toBe(1);
    expect(await more.count()).toBe(0);
  });

  test('shows earlier decisions on request', async () => {
    const event = (at: number) => ({ eventId: `ev_${100 + at}`, kind: 'PRODUCT_EVENT_KIND_MERGED', productId: 'st_1' });
    await open('suites');
    await page.route('**/v1/productEvents?**', (route) => {
      const size = Math.min(Number(new URL(route.request().url()).searchParams.get('pageSize')), 25);
      const events = Array.from({ length: size }, (_, at) => event(24 - at));
      return route.fulfill({ json: { events, ...(size < 25 && { nextPageToken: 'more' }) } });
    });
    await page.keyboard.press('Escape');
    await page.locator('.history li').nth(19).waitFor();
    expect(await page.locator('.history li').count()).toBe(20);
    await page.getByRole('button', { name: 'Show earlier ones' }).click();
    await page.locator('[data-event="ev_100"]').waitFor();
    expect(await page.getByRole('button', { name: 'Show earlier ones' }).count()).toBe(0);
  });

  test('says so when nothing waits', async () => {
    await open();
    await page.route('**/v1/reviews?**', (route) => route.fulfill({ json: {} }));
    await page.getByLabel('Vertical').selectOption('Stay');
    await page.getByText('None of these').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('All is decided').waitFor();
    await keepScreenshot(page, 'catalogue-empty');
  });

  test.each([
    ['light', ['Products', 'History']],
    ['dark', []],
  ] as const)('breaks no rule of axe (%s)', async (theme, tabs) => {
    await open('', { theme });
    await row('suites').waitFor();
    await page.locator('.history, .overview .muted').first().waitFor();
    await expectAccessible(page);
    await row('suites').click();
    await page.getByText('cannot be loaded').waitFor();
    await expectAccessible(page);
    await keepScreenshot(page, `catalogue-${theme}`);
    for (const tab of tabs) {
      await page.getByRole('tab', { name: tab }).click();
      await page.locator('.product-keys, .history').first().waitFor();
      await expectAccessible(page);
    }
  });

  test('fits a screen of 360 pixels', async () => {
    await open('', { width: 360 });
    await row('suites').waitFor();
    const width = (): Promise<number> => page.evaluate<number>('document.documentElement.scrollWidth');
    expect(await width()).toBeLessThanOrEqual(360);
    await keepScreenshot(page, 'catalogue-360');
    await row('suites').click();
    await page.locator('.pair').waitFor();
    expect(await width()).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await keepScreenshot(page, 'catalogue-360-review');
    await page.getByRole('link', { name: 'Queue' }).click();
    await row('suites').waitFor();
  });
});
