import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

/**
 * Answers that others recorded from the real API, read where they lie. What they say is known here without the adapter: by
 * counting and cutting the raw text, in which every member stands on a line of its own, indented by its depth, its members
 * in the alphabet's order backwards.
 */
const adapter = await adapterOf('duffel');
const samples = join(import.meta.dirname, '../../../../../shared/partner-samples/flights/duffel');
const present = existsSync(samples);
if (!present) console.warn(`no recorded answers of Duffel beside the repository (${samples}): their tests are skipped`);

const criteria = { vertical: { $case: 'flight' as const, value: FlightCriteria.fromPartial({ adults: 1 }) } };
const text = (file: string): string => readFileSync(join(samples, file), 'utf8');

/** Values of a member at an indentation, by the raw text alone. */
function values(raw: string, indent: number, member: string): (string | null)[] {
  const line = new RegExp(`^ {${indent}}"${member}": (?:"([^"]*)"|null),?$`, 'gm');
  return [...raw.matchAll(line)].map(([, value]) => value ?? null);
}

/** Minutes of the durations that Duffel writes, by another route than the adapter's: Temporal's own reader. */
const minutesBy = (duration: string): number => Temporal.Duration.from(duration).total('minutes');

describe.skipIf(!present).each([
  {
    file: 'offer_requests/create_with_offers.json',
    at: '2021-12-20T11:40:14Z',
    count: 68,
    indent: 8,
    step: 2,
    paged: false,
  },
  { file: 'offers/list.json', at: '2021-12-21T15:10:14Z', count: 50, indent: 12, step: 4, paged: true },
  { file: 'offers/show.json', at: '2021-10-18T10:48:24Z', count: 1, indent: 8, step: 4, paged: false },
])('the recorded $file', ({ file, at, count, indent, step, paged }) => {
  const raw = present ? text(file) : '';
  const context = answerContext('duffel', criteria, at);
  /** Where a segment's members stand: under slices, slice, segments, segment. */
  const depth = indent + 4 * step;
  const body = present ? JSON.parse(raw) : {};
  const result = present ? readRows() : { rows: [] };
  const offers = result.rows.map((row) => offerOf(adapter, row, context));
  const items = result.rows.map((row) => {
    const whole = adapter.item(row, context, () => true);
    if (whole?.$case !== 'flight') throw new Error('no flight');
    return whole.value;
  });

  function readRows() {
    if (file.endsWith('show.json')) return { rows: [adapter.rowOfVerified(body, context)] };
    const read = adapter.read(body, context);
    if ('failure' in read) throw new Error(read.detail);
    return read;
  }

  it(`has ${count} offers, as many as the raw text has offer ids at their depth, and rejects none`, () => {
    const ids = values(raw, indent, 'id').filter((id) => id?.startsWith('off_'));
    expect(ids).toHaveLength(count);
    expect(result.rows.map((row) => ((row.values as unknown[])[0] as { id: string }).id)).toEqual(ids);
    expect(offers.map(({ rejection }) => rejection?.message)).toEqual(ids.map(() => undefined));
  });

  it('has every amount, tax and currency as the raw text has it', () => {
    const pence = (amount: string | null): number => Number(amount?.replace(/^(\d+)\.(\d\d)$/, '$1$2') ?? Number.NaN);
    expect(offers.map(({ price }) => price?.totalMinor)).toEqual(values(raw, indent, 'total_amount').map(pence));
    expect(offers.map(({ price }) => price?.currency)).toEqual(values(raw, indent, 'total_currency'));
    expect(offers.map(({ price }) => price?.taxMinor)).toEqual(values(raw, indent, 'tax_amount').map(pence));
  });

  it('adds up: base and tax, which the adapter does not add, make the total', () => {
    const base = values(raw, indent, 'base_amount').map((amount) => Math.round(Number(amount) * 100));
    expect(offers.map(({ price }) => price!.totalMinor - price!.taxMinor)).toEqual(base);
  });

  it('lives as long as it says', () => {
    const stated = values(raw, indent, 'expires_at').map((instant) => Date.parse(instant ?? ''));
    expect(offers.map(({ expiresAt }) => expiresAt)).toEqual(stated);
  });

  it('has every local time with the zone of its airport', () => {
    const segments = items.flatMap(({ slices }) => slices.flatMap((slice) => slice.segments));
    expect(segments.map(({ departure }) => departure?.dateTime)).toEqual(values(raw, depth, 'departing_at'));
    expect(segments.map(({ arrival }) => arrival?.dateTime)).toEqual(values(raw, depth, 'arriving_at'));
    // The zones of a segment's own airports stand one level below its members.
    const zones = values(raw, depth + step, 'time_zone');
    const ends = segments.flatMap(({ departure, arrival }) => [departure?.timeZone, arrival?.timeZone]);
    expect(ends.slice().sort()).toEqual(zones.slice().sort());
    for (const { origin, destination, departure, arrival } of segments) {
      expect(zoneBeside(raw, origin)).toBe(departure?.timeZone);
      expect(zoneBeside(raw, destination)).toBe(arrival?.timeZone);
    }
  });

  it('has offsets that make each flight as long as the partner says it takes, Casablanca in Ramadan aside', () => {
    const segments = items.flatMap(({ slices }) => slices.flatMap((slice) => slice.segments));
    const stated = values(raw, depth, 'duration').map((duration) => minutesBy(duration ?? ''));
    expect(segments.map(({ durationMinutes }) => durationMinutes)).toEqual(stated);
    const apart = segments.filter(
      (segment) => between(segment.departure!, segment.arrival!) !== segment.durationMinutes,
    );
    // Morocco sets its clocks back for Ramadan, on 16 April 2022 too; the partner reckoned its durations without it.
    const ends = apart.map(({ origin, destination }) => `${origin}-${destination}`);
    expect(ends).toEqual(paged ? ['LHR-CMN', 'CMN-JFK'] : []);
  });

  it('has the travel time of each slice from its two ends: what is stated for a slice may leave out the connections', () => {
    const stated = values(raw, indent + 2 * step, 'duration').map((duration) => minutesBy(duration ?? ''));
    const slices = items.flatMap((item) => item.slices);
    const travelled = slices.map(({ segments }) => between(segments[0]!.departure!, segments.at(-1)!.arrival!));
    expect(slices.map(({ durationMinutes }) => durationMinutes)).toEqual(travelled);
    const unlike = stated.flatMap((minutes, slice) =>
      minutes === travelled[slice] ? [] : [[minutes, travelled[slice]]],
    );
    // 304 minutes are the two flights of that slice (125 and 179); 41 more pass between them.
    expect(unlike).toEqual(file.endsWith('show.json') ? [[304, 345]] : []);
  });

  it('has flight numbers without leading zeros', () => {
    const segments = items.flatMap(({ slices }) => slices.flatMap((slice) => slice.segments));
    const bare = (numbers: (string | null)[]): string[] => numbers.map((number) => String(Number(number)));
    expect(segments.map((segment) => segment.marketingFlightNumber)).toEqual(
      bare(values(raw, depth, 'marketing_carrier_flight_number')),
    );
    expect(segments.map((segment) => segment.operatingFlightNumber)).toEqual(
      bare(values(raw, depth, 'operating_carrier_flight_number')),
    );
  });

  it(paged ? 'goes on behind its cursor' : 'has no further page', () => {
    const cursor = /"after": "([^"]+)"/.exec(raw)?.[1];
    const next = 'next' in result ? result.next?.path : undefined;
    expect(next).toBe(cursor === undefined ? undefined : `/air/offers?after=${encodeURIComponent(cursor)}`);
    expect(next !== undefined).toBe(paged);
  });
});

describe.skipIf(!present).each([
  { file: 'offer_requests/create_with_offers.json', at: '2021-12-20T11:40:14Z', offers: 68, itineraries: 17 },
  { file: 'offers/list.json', at: '2021-12-21T15:10:14Z', offers: 50, itineraries: 28 },
])('the recorded $file', ({ file, at, offers, itineraries }) => {
  it(`sells the same itinerary several times over: ${offers} offers of ${itineraries}`, () => {
    // An offer's id stands behind its slices in the raw text, so what lies between two ids is one offer's.
    const parts = text(file)
      .split(/"id": "off_[^"]+"/)
      .slice(0, offers);
    const flown = parts.map((part) =>
      [...part.matchAll(/"(?:departing_at|operating_carrier_flight_number)": "0*([^"]+)"/g)].map(([, value]) => value),
    );
    expect(new Set(flown.map(String)).size).toBe(itineraries);

    const context = answerContext('duffel', criteria, at);
    const read = adapter.read(JSON.parse(text(file)), context);
    const keys = 'rows' in read ? read.rows.map((row) => String(adapter.columns.segment_keys!(row, context))) : [];
    expect(keys).toHaveLength(offers);
    expect(new Set(keys).size).toBe(itineraries);
  });
});

describe.skipIf(!present).each([
  ['airline_error.json', FailureKind.SERVER_ERROR],
  ['api_error.json', FailureKind.SERVER_ERROR],
  ['authentication_error.json', FailureKind.AUTHENTICATION],
  ['invalid_request_error.json', FailureKind.REQUEST_REFUSED],
  ['invalid_state_error.json', FailureKind.REQUEST_REFUSED],
  ['rate_limit_error.json', FailureKind.RATE_LIMIT],
  ['validation_error.json', FailureKind.REQUEST_REFUSED],
])('the recorded %s', (file, failure) => {
  it('is what its type says, whatever status it came with', () => {
    const body = JSON.parse(text(file));
    const context = answerContext('duffel', criteria, '2027-01-11T09:00:00Z');
    for (const status of [400, 401, 422, 429, 500]) {
      expect(adapter.readError(status, body, '', context)).toMatchObject({
        failure,
        detail: expect.stringContaining(body.errors[0].message),
      });
    }
  });
});

/** The zone that stands in the raw text a few lines above an airport's code. */
function zoneBeside(raw: string, airport: string): string | undefined {
  const place = new RegExp(`"time_zone": "([^"]+)",(?:\\n[^{}]*?)"iata_code": "${airport}"`).exec(raw);
  return place?.[1];
}

function between(
  start: { dateTime: string; utcOffsetMinutes: number },
  end: { dateTime: string; utcOffsetMinutes: number },
): number {
  const instant = ({ dateTime, utcOffsetMinutes }: typeof start): number =>
    Date.parse(`${dateTime}Z`) / 60_000 - utcOffsetMinutes;
  return instant(end) - instant(start);
}
