import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ExplainSearchResponse, PartnerOutcome } from '../../../libs/client/index.ts';
import { searchText } from './search-text.ts';

const search: ExplainSearchResponse = {
  searchId: 'Kp3VYbXqFvZ0aT9d',
  criteria: {
    stay: { place: 'PMI', checkIn: '2027-01-25', checkOut: '2027-01-30', rooms: [{ adults: 2 }, { adults: 1 }] },
  },
  market: 'GB',
  currency: 'GBP',
  client: 'shop',
  tier: 'gold',
  startedAt: '2026-11-26T17:49:03.083Z',
  progress: { partnersAsked: 3, partnersDone: 3, offers: 420, offersMatching: 301, products: 59, elapsedMs: 2_400 },
  completedBecause: 'deadline',
  timeMs: 2_400,
  filter: [
    { text: 'stops <= 1', appliedByPartners: ['duffel'], removedHere: 3 },
    { text: 'price < 500.0', removedHere: 119 },
  ],
  orderBy: 'best',
  partners: [
    {
      partner: 'amadeus',
      outcome: { partner: 'amadeus', status: 'OUTCOME_STATUS_TIMED_OUT', latencyMs: 2_250, requests: 1, timeMs: 2_250 },
      expectedMs: 3_100,
      reason:
        'It had not answered when its 2.25 s were over: 95 of 100 of its answers take up to 3.1 s, so give the search more time.',
    },
    {
      partner: 'duffel',
      outcome: {
        partner: 'duffel',
        status: 'OUTCOME_STATUS_OK',
        latencyMs: 450,
        requests: 2,
        hedges: 1,
        timeMs: 2_250,
      },
      expectedMs: 700,
      offers: 420,
      offersMatching: 301,
      onFirstPage: 20,
      answers: ['a1', 'a2', 'a3'],
      manifest: 'wuCC113W6l7P+wmTDPs',
    },
    {
      partner: 'shopify',
      outcome: { partner: 'shopify', status: 'OUTCOME_STATUS_SUSPENDED' },
      reason: 'It was not asked: it is suspended: switched off in its configuration.',
    },
  ],
  pricing: { ruleSet: 'f1242668c922d684', rateTable: '2026-11-20:71f7fd83', instant: '2026-11-26T17:49:03.104Z' },
  sharedBy: 2,
};
const now = Date.parse('2026-11-26T17:49:33Z');
const textOf = (changes: Partial<ExplainSearchResponse> = {}): string =>
  stripVTControlCharacters(searchText({ ...search, ...changes }, now));

describe('a search as text', () => {
  test('reads from what was sought to what is missing, on one screen', () => {
    expect(textOf()).toBe(
      `
Search Kp3VYbXqFvZ0aT9d
stay: place PMI, checkIn 2027-01-25, checkOut 2027-01-30, rooms (adults 2), rooms (adults 1)
for shop (tier gold), market GB, prices in GBP, by best; began 2026-11-26 17:49:03 UTC, 30 s ago
Complete after 2.40 s of its 2.40 s: its time was over. 301 of 420 offers match, of 59 products.
2 other searches shared what it asked.

Partners
  partner  outcome      took                        expected     had  offers  match  on page 1  asked
  amadeus  timed out  2.25 s  ████████████████████    3.10 s  2.25 s       0      0          0  1 request
  duffel   ok         450 ms  ████                    700 ms  2.25 s     420    301         20  2 requests, 1 of them hedged
  shopify  suspended                                                       0      0          0  not asked

Filter
  condition      applied by  offers it removes here
  stops <= 1     duffel                           3
  price < 500.0  here alone                     119

What is missing, and why
  amadeus  It had not answered when its 2.25 s were over: 95 of 100 of its answers take up to 3.1 s, so give the
           search more time.
  shopify  It was not asked: it is suspended: switched off in its configuration.

Answers and what mapped them
  duffel  a1, a2 and 1 more by wuCC113W6l7P+wmTDPs
  rules f1242668c922d684, rates 2026-11-20:71f7fd83, as of 2026-11-26 17:49:03 UTC
`.trim(),
    );
  });

  test('says where a product is, or why it is not shown, before everything else', () => {
    const shown = textOf({ product: { productId: 'st_1', position: 7, offerIds: ['o-1', 'o-2'] } });
    expect(shown).toContain('\n\nThe product\n  st_1 is shown as entry 7.\n  offers  o-1\n          o-2\n\nPartners');
    const missing = textOf({ product: { productId: 'st_1', reason: 'No partner sent it.' } });
    expect(missing).toContain('\n\nThe product\n  st_1 is not shown. No partner sent it.\n\nPartners');
  });

  test('that still runs says how far it is, and one that lacks nothing that nothing is missing', () => {
    const [, duffel] = search.partners!;
    const running = textOf({
      completedBecause: '',
      progress: { ...search.progress, partnersDone: 1, elapsedMs: 300, productsProvisional: true },
      partners: [{ partner: 'amadeus', expectedMs: 900, reason: 'It has not answered yet.' }, duffel!],
    });
    expect(running).toContain('Still running after 300 ms of its 2.40 s: 1 of 3 partners have answered.');
    expect(running).toMatch(/of 59\s+products, some of them provisional\./);
    expect(running).toMatch(/amadeus +running +900 ms +0/);
    expect(textOf({ partners: [duffel!] })).toContain('What is missing, and why\n  Nothing.');
  });

  test('says how each partner was asked, or that it was not', () => {
    const outcomes: PartnerOutcome[] = [
      { partner: 'a', status: 'OUTCOME_STATUS_OK' },
      { partner: 'b', status: 'OUTCOME_STATUS_TIMED_OUT' },
      { partner: 'c', status: 'OUTCOME_STATUS_BUDGET_SPENT' },
      { partner: 'd', status: 'OUTCOME_STATUS_OK', cache: 'CACHE_USE_STALE', cacheAgeMs: 61_000 },
      { partner: 'e', status: 'OUTCOME_STATUS_OK', cache: 'CACHE_USE_SHARED' },
    ];
    const text = textOf({ partners: outcomes.map((outcome) => ({ partner: outcome.partner, outcome })) });
    const rows = [...text.matchAll(/^ {2}[a-e] .+ 0 {2}(.+)$/gm)].map(([, how]) => how);
    expect(rows).toEqual(['looked up', 'no request', 'not asked', 'stale, held 61 s', 'shared']);
  });

  test('leaves out what there is nothing to say of', () => {
    const bare = textOf({ filter: [], partners: [], tier: '', sharedBy: 0 });
    expect(bare).not.toContain('Filter');
    expect(bare).not.toContain('tier');
    expect(bare).not.toContain('shared');
    expect(bare).toContain('Partners\n  None was considered.');
  });
});
