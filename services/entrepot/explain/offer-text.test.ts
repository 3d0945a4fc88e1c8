import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ExplainResponse } from '../../../libs/client/index.ts';
import { terminalVerticals } from '../verticals/index.ts';
import type { ExplainedOffer } from './offer-text.ts';
import { offerText, wholeRowText } from './offer-text.ts';

const gbp = (amount: string) => ({ currencyCode: 'GBP', amount });
const eur = (amount: string) => ({ currencyCode: 'EUR', amount });

const explanation: ExplainResponse = {
  offerId: 'Kp3VYbXqFvZ0aT9d-01-0004',
  source: {
    partner: 'duffel',
    answer: 'i9Ed6lH4Y9WZNH9e0puR_n',
    row: 17,
    manifest: 'wuCC113W6l7P+wmTDPs',
    fetchedAt: '2026-11-26T17:49:03.753Z',
    productId: 'fl_asakkZEybwUaWF5w',
  },
  ledger: [
    {
      kind: 'LEDGER_LINE_KIND_PARTNER_TOTAL',
      description: 'Total of duffel',
      amount: eur('500.00'),
      runningTotal: eur('500.00'),
    },
    {
      kind: 'LEDGER_LINE_KIND_CONVERSION',
      description: 'EUR to GBP at 0.8740 (2026-11-20)',
      amount: gbp('437'),
      runningTotal: gbp('437'),
    },
    {
      kind: 'LEDGER_LINE_KIND_PERCENTAGE',
      description: 'Margin: 2.5 %',
      amount: gbp('10.925'),
      runningTotal: gbp('447.925'),
    },
    { kind: 'LEDGER_LINE_KIND_ROUNDING', description: 'Rounding', amount: gbp('-0.005'), runningTotal: gbp('447.92') },
  ],
  view: { ruleSet: 'f1242668c922d684', rateTable: '2026-11-20:71f7fd83', instant: '2026-11-26T17:49:03.104Z' },
  total: gbp('447.92'),
  rank: {
    position: 3,
    totalSize: 59,
    orderBy: 'best',
    score: 0.132086,
    features: [
      { name: 'price', value: 0.264172, weight: 0.5, contribution: 0.132086 },
      { name: 'stops', value: 0, weight: 0.15 },
    ],
    firstOfferId: 'Kp3VYbXqFvZ0aT9d-03-0000',
    firstScore: 0.12,
    firstFeatures: [
      { name: 'price', value: 0.15, weight: 0.5, contribution: 0.075 },
      { name: 'stops', value: 0.3, weight: 0.15, contribution: 0.045 },
    ],
    reason:
      '0.012 behind the first: price 12.30 GBP more (weight 0.5, +0.057), although stops 1 less (weight 0.15, −0.045).',
  },
  origin: {
    adapter: 'duffel',
    manifest: 'wuCC113W6l7P+wmTDPs',
    request: 'POST https://api.duffel.example/air/offer_requests?return_offers=true&supplier_timeout=8000',
    requestDigest: 'ngDodR0YKlX8XaD32QiEg0cvigm7qDrA69o9V_JwNwk',
    answerDigest: 'I9XAySHF2Ct8l75dbCLUcuQupXKYSzPe7tlLQX1JL70',
    answerBytes: 656_994,
    fetchedAt: '2026-11-26T17:49:03.753Z',
    partnerRow: '{"id":"off_1","total_amount":"500.00"}',
    identity: [
      {
        key: 'BA|2749|2027-01-25|LHR|JFK',
        rule: 'IDENTITY_RULE_FLIGHT_NUMBER',
        confidence: 1,
        evidence: 'operating carrier, number, date and airports',
      },
    ],
  },
  outcome: {
    partner: 'duffel',
    status: 'OUTCOME_STATUS_OK',
    rowsReceived: 122,
    offersKept: 121,
    latencyMs: 4,
    cache: 'CACHE_USE_HIT',
    cacheAgeMs: 42_000,
    rejections: [{ reason: 'REJECTION_REASON_METERED', count: 1, example: 'r7' }],
    appliedFilters: ['stops <= 1'],
  },
};

const offer: ExplainedOffer['offer'] = {
  offerId: explanation.offerId,
  partner: 'duffel',
  item: {
    flight: {
      slices: [{ segments: [{ marketingCarrier: 'BA', marketingFlightNumber: '2749' }] }],
      departure: { dateTime: '2027-01-25T13:00:00' },
      arrival: { dateTime: '2027-01-25T15:15:00' },
      durationMinutes: 435,
      stops: 0,
      fareBrand: 'Economy Light',
      checkedBags: 1,
    },
  },
  price: { total: gbp('447.92') },
};

const now = Date.parse('2026-11-26T17:53:03Z');
const textOf = (changes: Partial<ExplainResponse> = {}, shown: ExplainedOffer['offer'] = offer): string =>
  stripVTControlCharacters(
    offerText({ explanation: { ...explanation, ...changes }, offer: shown }, terminalVerticals, now),
  );
/** The lines under a heading. */
const under = (text: string, heading: string): string =>
  text.split('\n\n').find((part) => part.startsWith(heading)) ?? '';

describe('an offer as text', () => {
  test('reads from what it is to how its partner answered, on one screen', () => {
    const text = textOf();
    expect(text).toBe(
      `
Offer Kp3VYbXqFvZ0aT9d-01-0004
flights BA2749, depart 01-25 13:00, arrive 01-25 15:15, time 7h15, stops direct, fare Economy Light, bags 1
447.92 GBP, sold by duffel, 3 of 59

Price
  line                                amount    total
  Total of duffel                    500.00   500.00   EUR
  EUR to GBP at 0.8740 (2026-11-20)  437      437      GBP
  Margin: 2.5 %                      +10.925  447.925  GBP
  Rounding                            -0.005  447.92   GBP
  rules f1242668c922d684, rates 2026-11-20:71f7fd83, as of 2026-11-26 17:49:03 UTC

Where it came from
  partner  duffel, adapter duffel, mapped by wuCC113W6l7P+wmTDPs
  request  POST https://api.duffel.example/air/offer_requests?return_offers=true&supplier_timeout=8000
           digest ngDodR0YKlX8XaD32QiEg0cvigm7qDrA69o9V_JwNwk
  answer   656,994 bytes, came 2026-11-26 17:49:03 UTC, 4 min ago, held 42 s
           digest I9XAySHF2Ct8l75dbCLUcuQupXKYSzPe7tlLQX1JL70, as a cassette of it has
  row      17 of i9Ed6lH4Y9WZNH9e0puR_n
           {"id":"off_1","total_amount":"500.00"}

Why it is this product
  fl_asakkZEybwUaWF5w, by these keys of its row:
  key                         of             rule           sure  because
  BA|2749|2027-01-25|LHR|JFK  every partner  flight number     1  operating carrier, number, date and airports

Where it stands
  3 of 59, by best. 0.012 behind the first: price 12.30 GBP more (weight 0.5, +0.057), although stops 1 less
  (weight 0.15, −0.045).
  The first is Kp3VYbXqFvZ0aT9d-03-0000.
  feature  weight   this   adds  first   adds
  price       0.5  0.264  0.132   0.15  0.075
  stops      0.15  0      0       0.3   0.045
  score                   0.132         0.12

How its partner answered
  ok after 4 ms, held 42 s: 121 offers of 122 rows; 1 rejected: metered (r7); it applied stops <= 1
`.trim(),
    );
    expect(text.split('\n').length).toBeLessThanOrEqual(45);
  });

  test('that is a range has two ledgers, and what they were made under once', () => {
    const text = textOf({ ledgerMax: explanation.ledger!.slice(0, 2), totalMax: gbp('500.00') });
    expect(text).toContain('447.92 GBP to 500.00 GBP, sold by duffel');
    expect(under(text, 'Price, upper bound').split('\n')).toHaveLength(5);
    expect(text.split('rules f1242668c922d684')).toHaveLength(2);
  });

  test('that is ordered by one thing alone has no table of features', () => {
    const rank = {
      position: 2,
      totalSize: 9,
      orderBy: 'price',
      score: 447.92,
      features: [{ name: 'price', value: 447.92, weight: 1, contribution: 447.92 }],
      firstOfferId: 'x',
      reason: "Its price is 12.30 GBP more than the first's.",
    };
    expect(under(textOf({ rank }), 'Where it stands')).toBe(
      "Where it stands\n  2 of 9, by price. Its price is 12.30 GBP more than the first's.\n  The first is x.",
    );
    const first = { ...rank, position: 1, reason: '', firstOfferId: '' };
    expect(under(textOf({ rank: first }), 'Where it stands')).toBe(
      'Where it stands\n  1 of 9, by price. It is the first.',
    );
  });

  test('that has expired, or whose answer is gone, says so and tells the rest', () => {
    const text = stripVTControlCharacters(
      offerText(
        {
          explanation: {
            ...explanation,
            origin: undefined,
            rank: { ...explanation.rank!, position: 0, reason: 'It expired.' },
          },
          offer: undefined,
        },
        terminalVerticals,
        now,
      ),
    );
    expect(text).toContain(
      'It can no longer be had, so what it was is not told.\n447.92 GBP, sold by duffel, not shown',
    );
    expect(text).toContain('Not shown among 59, by best. It expired.');
    expect(text).toContain('17 of i9Ed6lH4Y9WZNH9e0puR_n; supply does not hold it any more, or cannot be reached');
    expect(under(text, 'Price')).toContain('Margin');
  });

  test('whose product is provisional says so', () => {
    const source = { ...explanation.source, productId: '~abc', productProvisional: true };
    expect(under(textOf({ source }), 'Why it is this product')).toContain('~abc is provisional');
  });

  test('cannot drive the terminal, whatever its partner says', () => {
    const origin = {
      ...explanation.origin!,
      request: 'GET https://x/\u001b[2J\u0007',
      partnerRow: `{"a":"${'long '.repeat(90)}\u001b[31m"}`,
    };
    const text = offerText({ explanation: { ...explanation, origin }, offer }, terminalVerticals, now);
    expect(text).not.toContain('\u0007');
    expect(text).not.toContain('\u001b[2J');
    expect(text).toContain('--row shows them');
  });
});

test("a partner's own row is laid out, or as far as it was cut off", () => {
  expect(wholeRowText(explanation)).toBe('{\n  "id": "off_1",\n  "total_amount": "500.00"\n}');
  const cut = { ...explanation, origin: { ...explanation.origin!, partnerRow: '{"id":"off_\u001b[2J' } };
  expect(wholeRowText(cut)).toBe('{"id":"off_\n(cut off after 15 characters)');
  expect(wholeRowText({ ...explanation, origin: undefined })).toMatch(/not held any more/);
});

test('says what is known of the product, each field with the partners that say so', () => {
  const by = (...partners: string[]) => ({ sources: partners.map((partner) => ({ partner })) });
  const content = {
    names: [
      { value: 'Hotel Sol', ...by('one', 'two', 'one') },
      { value: 'Meeresblick', locale: 'de', ...by('two') },
    ],
    address: { value: 'Harbour 1, 07001 Palma, ES', ...by('two') },
    amenities: [
      { value: 'POOL', ...by('one') },
      { value: 'WIFI', ...by('two') },
    ],
    imageUrls: [{ value: 'https://a.example/1.jpg', ...by('two') }],
    starRating: { value: 4, ...by('one') },
  };
  expect(under(textOf({}, { ...offer!, content }), 'What is known of it')).toBe(
    `What is known of it
  name       Hotel Sol (one, two)
  name de    Meeresblick (two)
  address    Harbour 1, 07001 Palma, ES (two)
  stars      4 (one)
  amenities  Swimming pool, Wireless internet, with or without charge (one, two)
  pictures   1 (two)`,
  );
  expect(textOf()).not.toContain('What is known of it');
});
