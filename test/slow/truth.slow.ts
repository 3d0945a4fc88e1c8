// The twin's world knows what is the same: what the platform makes of its partners' words is held against that.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadTwinConfig } from '../../services/twin/config.ts';
import { numberOfCode } from '../../services/twin/stays/sellers.ts';
import {
  flightSearch,
  flightSellers,
  type Json,
  type PageJson,
  type Rig,
  startRig,
  staySearch,
  staySellers,
} from '../support/fused-rig.ts';

/** An offer, as far as truth is about it. */
interface Told {
  readonly productId: string;
  readonly partner: string;
  readonly item: Json;
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.close());

/** The first decisions of a process come late where the machine is busy. */
const patience = { timeout: 15_000 };

/** Every offer of a search, by itself, once it is settled which products they are of. */
async function everyOffer(request: Readonly<Record<string, unknown>>): Promise<Told[]> {
  const first = await vi.waitFor(async () => {
    const page = await rig.search({ ...request, grouping: 'GROUPING_OFFER', pageSize: 200 });
    expect(page.offers?.some(({ productProvisional }) => productProvisional)).toBe(false);
    return page;
  }, patience);
  const offers = [...((first.offers ?? []) as unknown as Told[])];
  for (let token = first.nextPageToken ?? ''; token !== ''; ) {
    const { body } = await rig.call<PageJson>('GET', `/v1/searches/${first.searchId}?pageToken=${token}`);
    offers.push(...((body.offers ?? []) as unknown as Told[]));
    token = body.nextPageToken ?? '';
  }
  return offers;
}

/** How products agree with truth, over pairs of different partners: what each says of a thing counts once. */
function agreement(things: Iterable<{ partner: string; truth: string; productId: string }>): {
  pairs: number;
  precision: number;
  recall: number;
} {
  const distinct = [...new Map([...things].map((one) => [JSON.stringify(one), one])).values()];
  let [same, together, right] = [0, 0, 0];
  for (const [at, a] of distinct.entries()) {
    for (const b of distinct.slice(at + 1)) {
      if (a.partner === b.partner) continue;
      if (a.truth === b.truth) same++;
      if (a.productId === b.productId) together++;
      if (a.truth === b.truth && a.productId === b.productId) right++;
    }
  }
  return { pairs: same, precision: right / together, recall: right / same };
}

describe('in the twin’s world', () => {
  test('stays of different partners are brought together with a precision of 99.5 % and a recall of 97 % at least', async () => {
    const { seed, sellers } = loadTwinConfig();
    const things: { partner: string; truth: string; productId: string }[] = [];
    for (const place of ['PMI', 'BCN', 'PAR', 'LON', 'ROM', 'NYC', 'TYO', 'BER', 'MAD', 'VIE']) {
      for (const { partner, productId, item } of await everyOffer(staySearch({}, { place }))) {
        const code = Number((item as { stay: { propertyCode: string } }).stay.propertyCode);
        const number = numberOfCode(
          seed,
          { ...sellers[partner]!, name: partner, salt: sellers[partner]!.salt ?? partner },
          code,
        );
        things.push({ partner, truth: String(number), productId });
      }
    }
    const { pairs, precision, recall } = agreement(things);
    expect(new Set(things.map(({ partner }) => partner)).size).toBe(staySellers.length);
    expect(pairs).toBeGreaterThan(300);
    expect(precision).toBeGreaterThanOrEqual(0.995);
    expect(recall).toBeGreaterThanOrEqual(0.97);
  });

  test('flights of different partners are brought together without a mistake', async () => {
    const things: { partner: string; truth: string; productId: string }[] = [];
    for (const [origin, destination] of [
      ['LHR', 'JFK'],
      ['FRA', 'BKK'],
      ['MAD', 'PMI'],
    ]) {
      for (const { partner, productId, item } of await everyOffer(flightSearch({}, { origin, destination }))) {
        things.push({ partner, truth: flown(item), productId });
      }
    }
    const { pairs, precision, recall } = agreement(things);
    expect(new Set(things.map(({ partner }) => partner)).size).toBe(flightSellers.length);
    expect(pairs).toBeGreaterThan(100);
    expect([precision, recall]).toEqual([1, 1]);
  });
});

/** What is flown: who operates which airports at which times, whatever number it is sold under. */
function flown(item: Json): string {
  interface Segment {
    readonly operatingCarrier?: string;
    readonly marketingCarrier?: string;
    readonly origin: string;
    readonly destination: string;
    readonly departure: { readonly dateTime: string };
    readonly arrival: { readonly dateTime: string };
  }
  const { slices } = (item as unknown as { flight: { slices: readonly { segments: readonly Segment[] }[] } }).flight;
  const texts = slices.map(({ segments }) =>
    segments
      .map((one) =>
        [
          one.operatingCarrier ?? one.marketingCarrier,
          one.origin,
          one.departure.dateTime,
          one.destination,
          one.arrival.dateTime,
        ].join(' '),
      )
      .join(' > '),
  );
  return texts.join(' | ');
}
